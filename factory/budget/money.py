"""Dollars as people write them, nano-dollars (10^-9 USD) as everything else counts them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from factory.errors import BadInput

NANO: Final = 10**9
# An 8-byte column holds up to 9.2 * 10^18 nano-dollars.
_MOST_USD: Final = 1_000_000_000


def nano_of_usd(amount: str | int | float, *, where: str = "--budget") -> int:
    """An amount of dollars in nano-dollars, rounded down: a cap must not grow. Raises BadInput at `where`."""
    try:
        # A float's shortest form is the number its writer meant: 0.1 is a tenth.
        value = Decimal(str(amount).strip().removeprefix("$"))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value <= _MOST_USD:
        raise BadInput(f"{amount!r} is not an amount of dollars", where=where, fix="Write a number such as 5 or 0.25")
    return int(value * NANO)


def usd(nano: int) -> str:
    """An amount for people: cents from a dollar up, four significant digits below."""
    amount = Decimal(nano) / NANO
    if abs(amount) >= 1 or nano == 0:
        return f"${amount:,.2f}"
    return f"${Decimal(f'{amount:.4g}'):f}"
