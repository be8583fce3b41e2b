"""What one job may say in the jobs file, and its mistakes in plain words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from hanoi_analytics.errors import nearest
from hanoi_analytics.findings import FindingError, checked
from hanoi_analytics.jobs.hook_types import Email, HookEntry, Strict, Webhook
from hanoi_analytics.jobs.schedule import Schedule, ScheduleError
from hanoi_analytics.jobs.yaml_lines import LinedFile, Place

_PAGE = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*")
_RESERVED = ("index", "runs")
_TYPED_SECRETS = {
    "url": "the address is not typed here: it is often a secret. Put it into an environment "
    "variable and name that by url_from",
    "user": "put the name into an environment variable and name that by user_from",
    "password": "put the password into an environment variable and name that by password_from",
}


class DriftLimit(Strict):
    """How far a finding may move from that of the last published run of the same page.

    Where both limits are given, both must hold; a relative one of 0.2 is 20 %.
    """

    absolute: float | None = Field(default=None, ge=0)
    relative: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if self.absolute is None and self.relative is None:
            raise ValueError("give absolute, relative (0.2 for 20 %) or both")
        return self


def _schedule(given: object) -> Schedule:
    if not isinstance(given, str):
        raise ValueError(f"must be text in quotes, such as '0 5 * * *', found {given!r}")
    try:
        return Schedule(given)
    except ScheduleError as error:
        raise ValueError(str(error)) from error


class JobEntry(Strict):
    """One job as it stands in the file."""

    notebook: str
    schedule: Annotated[Schedule, BeforeValidator(_schedule)] | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    page: str | None = None
    timeout_s: float = Field(default=900.0, gt=0, le=86_400)
    memory_gb: float | None = Field(default=None, gt=0, le=1024)
    retries: int = Field(default=0, ge=0, le=20)
    backoff_s: float = Field(default=60.0, ge=0, le=3600)
    retry_lost: bool = False
    keep: int = Field(default=0, ge=0, le=1000)
    drift: dict[str, DriftLimit] = Field(default_factory=dict)
    on_failure: list[HookEntry] = Field(default_factory=list)

    @field_validator("page")
    @classmethod
    def _page_is_inside_the_site(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not _PAGE.fullmatch(value) or len(value) > 100:
            raise ValueError(
                f"must be a path inside the site such as environment/air-by-year, found {value!r}; "
                "use a to z, 0 to 9, - and _ between slashes, no .html, at most 100 characters"
            )
        if value in _RESERVED:
            raise ValueError(f"the site writes {value!r} itself; choose another page")
        return value

    @field_validator("drift")
    @classmethod
    def _findings_have_names(cls, value: dict[str, DriftLimit]) -> dict[str, DriftLimit]:
        for name in value:
            try:
                checked(name, None)
            except FindingError as error:
                raise ValueError(str(error)) from error
        return value


_MODELS: dict[str, type[BaseModel]] = {
    "drift": DriftLimit,
    "on_failure": HookEntry,
    "webhook": Webhook,
    "email": Email,
}


def read_entry(file: LinedFile, place: Place, content: object, folder: Path) -> JobEntry | None:
    """Validate one job, or add its mistakes to the file's and return None."""
    try:
        return JobEntry.model_validate(content, context={"folder": folder})
    except ValidationError as error:
        for problem in error.errors():
            location = problem["loc"]
            file.mistake((*place, *location), _explain(problem["type"], location, problem))
        return None


def _explain(kind: str, location: Place, problem: Any) -> str:
    key = ".".join(str(step) for step in location if isinstance(step, str))
    if kind == "extra_forbidden":
        model = next((_MODELS[s] for s in reversed(location[:-1]) if s in _MODELS), JobEntry)
        known = [field.alias or name for name, field in model.model_fields.items()]
        word = str(location[-1])
        if model in (Webhook, Email) and word in _TYPED_SECRETS:
            return f"{key}: {_TYPED_SECRETS[word]}"
        return f"unknown key {key!r}; {nearest(word, known)}"
    if kind == "missing":
        return f"needs the key {key!r}"
    text = str(problem["msg"])
    for words, plain in _PLAIN_WORDS:
        text = re.sub(words, plain, text)
    found = "" if kind == "value_error" else _found(location, problem["input"])
    return f"{key}: {text}{found}" if key else f"{text}{found}"


_PLAIN_WORDS = (
    ("^Value error, ", ""),
    ("Input should be", "must be"),
    ("a valid dictionary( or instance of .*)?", "a mapping (key: value)"),
    ("List should have (at least|at most) ([0-9]+) .*", r"must hold \1 \2"),
    ("a valid list", "a list"),
    ("a valid integer", "a whole number without quotes"),
    ("a valid number", "a number without quotes"),
    ("a valid string", "text (in quotes)"),
    ("a valid boolean", "true or false"),
)


def _found(location: Place, value: object) -> str:
    """Say what stood there, unless it may be a secret or is a whole part of the file."""
    if str(location[-1] if location else "").endswith("_from") or isinstance(value, dict | Strict):
        return ""
    if value is None:
        return ", found nothing"
    shown = repr(value)
    return f", found {shown if len(shown) <= 80 else shown[:79] + '…'}"
