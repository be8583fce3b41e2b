"""The parts of the script that cuts the small real clips of this folder."""
