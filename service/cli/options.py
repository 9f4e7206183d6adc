"""A command whose errors name its options and arguments, and options that were renamed."""

from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperCommand

from predictions.errors import Fault, InvalidInput
from predictions.validation import invalid_input, plain
from service.settings import read_settings

#: The parameter that fills a field of another name.
_FILLED_BY = {
    "digest_at": "digest",
    "quiet_from": "quiet",
    "quiet_to": "quiet",
    "scopes": "scope",
    "topics": "topic",
}


class NamesOptions(TyperCommand):
    """Command that reports an invalid field under the name of the option or argument that it came from."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments. Raises ``typer.BadParameter`` in the words of this project."""
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            error.message = plain(error.message)
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run the command, if all settings are right. Raises ``InvalidInput`` for invalid options."""
        read_settings()
        try:
            return super().invoke(ctx)
        except ValidationError as error:
            raise self._by_option(invalid_input(error), ctx) from None
        except InvalidInput as error:
            raise self._by_option(error, ctx) from None

    def _by_option(self, error: InvalidInput, ctx: Any) -> InvalidInput:
        if ctx.params.get("body") is not None:  # the fields are those of a JSON object
            return error
        return InvalidInput(error.detail, *(Fault(self._option(fault, ctx), fault.detail) for fault in error.faults))

    def _option(self, fault: Fault, ctx: Any) -> str:
        field, *rest = fault.pointer.removeprefix("/query").lstrip("/").split("/")
        wanted = _FILLED_BY.get(field, field)
        for parameter in self.get_params(ctx):
            if parameter.name == wanted or f"--{wanted.replace('_', '-')}" in parameter.opts:
                given_as: str = parameter.opts[0] if parameter.param_type_name == "option" else parameter.name or ""
                return given_as if given_as.startswith("-") else "/".join([given_as.upper(), *rest])
        return fault.pointer


def renamed(new: str) -> Any:
    """Return a hidden option that is refused with its new name."""

    def refuse(given: bool | None) -> None:
        if given is not None:
            raise typer.BadParameter(f"is now called {new}: use that")

    return typer.Option(hidden=True, callback=refuse)
