"""Where a certificate is to be uploaded, by what the user calls it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from edgeaudit.audit.planning.slot import Slot
    from edgeaudit.inventory import Environment, Inventory, Keystore, Reference

    T = TypeVar("T", Keystore, Reference)


def slot_at(inventories: Sequence[Inventory], where: str) -> Slot:
    """The alias at ORG/ENV/KEYSTORE/ALIAS, or the keystore into which it is to come.

    Raises InputError where there is no such keystore.
    """
    from edgeaudit.audit.planning.slot import Slot
    from edgeaudit.location import place

    wanted, _, alias = where.replace("/keystores/", "/").rpartition("/")
    lacking = f"there is no keystore for the alias {where}"
    inventory, env, store = _named(inventories, wanted, lambda env: env.keystores, lacking)
    if not alias:
        raise InputError(lacking, "name an alias of it: ORG/ENV/KEYSTORE/ALIAS")
    names = {place(each.name): each.name for each in store.aliases}
    return Slot(inventory, env, store, names.get(alias, alias))


def behind(inventories: Sequence[Inventory], where: str) -> Slot:
    """The alias that the users of the reference ORG/ENV/REFERENCE expect, in its keystore.

    Raises InputError where there is no such reference, or none or several such aliases.
    """
    from edgeaudit.audit.planning.slot import Slot

    wanted, lacking = where.replace("/references/", "/"), f"there is no reference {where}"
    inventory, env, reference = _named(inventories, wanted, lambda env: env.references, lacking)
    store = env.keystores.get(reference.refers)
    if store is None:
        raise InputError(
            f"{reference.where} refers to {reference.refers}, which is not there",
            "name the alias of another keystore with --alias",
        )
    expected = sorted(_expected(env, reference.name))
    aliases = expected or sorted(store.aliases.items)
    if len(aliases) != 1:
        whose = f"users of {reference.where} expect" if expected else f"{store.where} has"
        raise InputError(
            f"which alias is meant? {whose}: {', '.join(aliases) or 'none'}",
            f"name one with --alias {env.where}/{store.name}/ALIAS",
        )
    return Slot(inventory, env, store, aliases[0], reference)


def _expected(env: Environment, reference: str) -> set[str]:
    """The aliases that are named beside the reference."""
    named = (each.tls for each in env.endpoints if each.tls and each.tls.keystore)
    return {
        each.key_alias
        for each in named
        if each.keystore and each.keystore.reference == reference and each.key_alias
    }


def _named(
    inventories: Sequence[Inventory],
    wanted: str,
    section: Callable[[Environment], Iterable[T]],
    lacking: str,
) -> tuple[Inventory, Environment, T]:
    """The one thing that is called ORG/ENV/NAME, or INSTALLATION:ORG/ENV/NAME where several are.

    Raises InputError, which tells what is `lacking`.
    """
    from edgeaudit.location import place

    known = [
        (f"{env.where}/{place(thing.name)}", inventory, env, thing)
        for inventory in inventories
        for env in inventory.environments
        for thing in section(env)
    ]
    found = [each for each in known if wanted in (each[0], f"{each[1].installation}:{each[0]}")]
    if len(found) == 1:
        return found[0][1:]
    if found:
        names = (f"{inventory.installation}:{where}" for where, inventory, *_ in found)
        raise InputError(f"several are called {wanted}", f"begin with {' or '.join(names)}")
    there = [where for where, *_ in known]
    ends = sorted(each for each in there if each.endswith(f"/{wanted}"))
    close = ends[:3] or get_close_matches(wanted, there, 3)
    hint = f"did you mean {' or '.join(close)}?" if close else "see `edgeaudit list --help`"
    raise InputError(lacking, hint)
