"""What a job may say about who is told when it fails: a command, a webhook or an e-mail."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*"
)


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name):
        raise ValueError(
            "names an environment variable, such as HANOI_WEBHOOK_URL, that holds the value; the "
            "value itself is not typed into the file: it is often a secret"
        )
    return name


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(
            f"expected one address such as someone@example.vn, without a name; found {text!r}"
        )
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", text):
        raise ValueError(f"expected a host such as mail.example.vn, found {text!r}")
    return text


Variable = Annotated[str, AfterValidator(_variable)]
Address = Annotated[str, AfterValidator(_address)]


class Strict(BaseModel):
    """A part of the file: no unknown keys, no value of another type."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, validate_by_name=True
    )


class Command(Strict):
    """A program and its arguments, run without a shell in the folder of the jobs file.

    A program of that folder stands here with its whole path.
    """

    command: tuple[str, ...]


class Webhook(Strict):
    """An address that is sent a message; `url_from` names the environment variable with it."""

    url_from: Variable


class Email(Strict):
    """A mail server, who writes and who is told; name and password come from the environment."""

    host: Annotated[str, AfterValidator(_host)]
    port: int = Field(default=25, ge=1, le=65535)
    sender: Address = Field(alias="from")
    to: list[Address] = Field(min_length=1, max_length=50)
    user_from: Variable | None = None
    password_from: Variable | None = None

    @model_validator(mode="after")
    def _user_and_password(self) -> Self:
        if (self.user_from is None) != (self.password_from is None):
            raise ValueError("give both user_from and password_from, or neither")
        return self


Hook = Command | Webhook | Email


def _command(given: Any, info: ValidationInfo) -> Any:
    """Find the program: in the folder of the jobs file, or by its bare name on the search path."""
    if not isinstance(given, list) or not given or not all(isinstance(w, str) for w in given):
        raise ValueError(
            f"expected a list of texts, such as [scripts/tell.sh, --failed]; found {given!r}"
        )
    if any("\0" in word for word in given):
        raise ValueError("holds a zero character")
    context: Any = info.context
    folder: Path = context["folder"]
    program, *rest = given
    if "/" not in program:
        if shutil.which(program) is None:
            raise ValueError(
                f"no program {program!r} on the search path; one in this folder is ./{program}"
            )
        return Command(command=(program, *rest))
    path = (folder / program).resolve()
    if not Path(program).is_absolute() and not path.is_relative_to(folder):
        raise ValueError(f"{program!r} leaves the folder of the jobs file; give its whole path")
    if shutil.which(path) is None:
        raise ValueError(f"{program!r}: {path} is no file that may be executed (chmod +x)")
    return Command(command=(str(path), *rest))


class HookEntry(Strict):
    """One entry of `on_failure`; validated with the folder of the file as context."""

    command: Annotated[Command, BeforeValidator(_command)] | None = None
    webhook: Webhook | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if len(self.hooks) != 1:
            raise ValueError("expected one of command, webhook and email in each entry")
        return self

    @property
    def hooks(self) -> list[Hook]:
        """What was given: one, once the entry is checked."""
        return [hook for hook in (self.command, self.webhook, self.email) if hook is not None]
