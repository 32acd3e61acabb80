"""Every error of this package: one class, one stable `code`, typed `extras`.

Must not know how an error is shown or which HTTP status it becomes.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class ChecklistError(Exception):
    """Base of all errors raised by `checklists`."""

    code = "checklist-error"

    def __init__(self, message: str, **extras: Any) -> None:
        super().__init__(message)
        self.extras: Mapping[str, Any] = extras


class PackInvalid(ChecklistError):
    """A pack breaks its JSON Schema or a rule that the schema cannot say."""

    code = "pack-invalid"

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        super().__init__(f"{name}: " + "; ".join(faults), pack=name, faults=list(faults))


class SourceInvalid(ChecklistError):
    """A pack as somebody wrote it (YAML, workbook) cannot become a draft; every fault with its place."""

    code = "checklist-source-invalid"

    def __init__(self, faults: Sequence[Mapping[str, Any]]) -> None:
        first = "; ".join(f"{each['place']}: {each['message']}" for each in faults[:3])
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        super().__init__(first + more, faults=list(faults))


class PackChanged(ChecklistError):
    """A published version's content no longer has its locked hash."""

    code = "pack-changed"


class PackNotFound(ChecklistError):
    """No published pack has this code and version."""

    code = "unknown-checklist-version"


class ConditionInvalid(ChecklistError):
    """A condition is not of the declarative form."""

    code = "condition-invalid"


class UnknownItem(ChecklistError):
    """An answer names an item that its pinned pack version does not have."""

    code = "unknown-item"

    def __init__(self, item: str, index: int) -> None:
        super().__init__(f"answer {index}: no item {item!r}", item=item, index=index)


class AnswerInvalid(ChecklistError):
    """An answer has the wrong shape, or a value that its item cannot take."""

    code = "answer-invalid"

    def __init__(self, item: str | None, index: int, reason: str) -> None:
        super().__init__(f"answer {index} ({item}): {reason}", item=item, index=index, reason=reason)


class ModeUnknown(ChecklistError):
    """An inspection is neither a patrol nor administrative."""

    code = "mode-unknown"
