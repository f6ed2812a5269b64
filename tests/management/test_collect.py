"""The crawl, over a dict of answers."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from edgeaudit.inventory import Gap, Inventory
from edgeaudit.management.collect import collect
from edgeaudit.management.source import JSON, Answer
from tests.audit.estate import ISSUING, LEAF
from tests.factories import bundle

ORG = "organizations/acme"
PROD = f"{ORG}/environments/prod"
STORE = f"{PROD}/keystores/web"
ALIAS = f"{STORE}/aliases/server"
REFUSED = Answer(403, b"", "forbidden", "HTTP 403: no", "ask for a role")
GONE = Answer(404, b"", "not_found", "HTTP 404: gone")


class Told:
    """A source that knows what it was told, and 404 of all else."""

    name = "http://edge.example:8080/v1"
    endpoint = "edge.example:8080"

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def get(self, path: str, accept: str = JSON) -> Answer:
        with self._lock:
            self.asked.append(path)
        answer = self.answers.get(path, {"aPIProxy": []} if "/deployments" in path else GONE)
        if isinstance(answer, Answer):
            return answer
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return Answer(200, body.encode())


def installation(**changes: Any) -> dict[str, Any]:
    """Answers of an org with one environment, one keystore, one virtual host; `/` is `__`."""
    answers = {
        "organizations": ["acme"],
        f"{ORG}/environments": ["prod"],
        f"{PROD}/keystores": ["web"],
        f"{PROD}/references": ["ref"],
        f"{PROD}/virtualhosts": ["secure"],
        f"{PROD}/targetservers": [],
        STORE: {"aliases": [{"aliasName": "server"}], "name": "web"},
        ALIAS: {"alias": "server", "keyName": "server"},
        f"{ALIAS}/certificate": bundle(LEAF, ISSUING),
        f"{PROD}/references/ref": {"name": "ref", "refers": "web", "resourceType": "KeyStore"},
        f"{PROD}/virtualhosts/secure": {"port": "443", "sSLInfo": {"enabled": "true"}},
    }
    return answers | changes


def crawled(answers: dict[str, Any], **options: Any) -> Inventory:
    return collect(Told(answers), **options)


def test_all_that_there_is() -> None:
    found = crawled(installation())
    (env,) = found.environments
    alias = env.keystores.items["web"].aliases.items["server"]
    assert (found.organizations, found.gaps, found.left_out) == (("acme",), (), ())
    assert alias.certificates == (LEAF.certificate, ISSUING.certificate)
    assert [stored.where for stored in alias.chain] == [
        "acme/prod/keystores/web/server#0",
        "acme/prod/keystores/web/server#1",
    ]
    assert alias.has_key is True
    assert env.references.items["ref"].refers == "web"
    assert env.virtual_hosts.items["secure"].port == 443
    assert env.target_servers.is_complete


def test_each_resource_is_asked_for_once() -> None:
    source = Told(installation(**{f"{PROD}/keystores": ["web", "web", ""]}))
    collect(source, organizations=["acme", "acme"], environments=["prod", "p*"])
    assert len(source.asked) == len(set(source.asked)) == 12


def test_named_organizations_are_not_listed() -> None:
    source = Told(installation())
    collect(source, organizations=["acme"])
    assert "organizations" not in source.asked


def test_globs() -> None:
    answers = installation(
        organizations=["acme", "other"], **{f"{ORG}/environments": ["prod", "prod-eu", "test"]}
    )
    found = crawled(answers, organizations=["ac*"], environments=["prod*"])
    assert [env.where for env in found.environments] == ["acme/prod", "acme/prod-eu"]


def test_the_portal_is_left_out_unless_it_is_named() -> None:
    answers = installation(**{f"{ORG}/environments": ["prod", "portal"]})
    found = crawled(answers)
    assert (found.left_out, len(found.environments), found.gaps) == (("acme/portal",), 1, ())
    assert len(crawled(answers, environments=["portal"]).environments) == 1


@pytest.mark.parametrize(
    ("options", "where", "told"),
    [
        ({"environments": ["prdo"]}, "acme/prdo", "no environment is named prdo"),
        ({"organizations": ["ac*", "b*"]}, "b*", "no organization is named b*"),
    ],
)
def test_a_name_that_matches_nothing_is_told(options: Any, where: str, told: str) -> None:
    assert crawled(installation(), **options).gaps == (
        Gap(where, "not_found", told, "check the spelling"),
    )


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (f"{PROD}/keystores", "acme/prod/keystores"),
        (STORE, "acme/prod/keystores/web"),
        (f"{PROD}/references", "acme/prod/references"),
        (f"{PROD}/virtualhosts/secure", "acme/prod/virtualhosts/secure"),
        (ALIAS, "acme/prod/keystores/web/server"),
    ],
)
def test_what_is_refused_is_a_gap_and_the_rest_goes_on(path: str, where: str) -> None:
    found = crawled(installation(**{path: REFUSED}))
    assert found.gaps == (Gap(where, "forbidden", "HTTP 403: no", "ask for a role"),)
    assert len(found.environments) == 1


def test_what_is_gone_since_it_was_listed_says_so() -> None:
    (gap,) = crawled(installation(**{f"{PROD}/references/ref": GONE})).gaps
    assert (gap.reason, gap.detail) == ("not_found", "it was listed and is gone: HTTP 404: gone")


def test_what_could_not_be_read_is_not_absent() -> None:
    (env,) = crawled(installation(**{STORE: REFUSED})).environments
    assert env.keystores.unread == {"web"}
    assert not env.keystores.lacks("web")
    assert env.keystores.lacks("other")
    (env,) = crawled(installation(**{f"{PROD}/keystores": REFUSED})).environments
    assert not env.keystores.lacks("anything")


def test_without_aliases_in_the_body_they_are_listed() -> None:
    answers = installation(**{STORE: {"certs": ["x"]}, f"{STORE}/aliases": ["server"]})
    (env,) = crawled(answers).environments
    assert list(env.keystores.items["web"].aliases.items) == ["server"]


def test_one_bad_block_is_a_gap_and_the_others_are_used() -> None:
    bad = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    found = crawled(installation(**{f"{ALIAS}/certificate": bundle(LEAF, bad, ISSUING)}))
    alias = found.environments[0].keystores.items["web"].aliases.items["server"]
    assert [stored.index for stored in alias.chain] == [0, 2]
    assert not alias.is_complete
    (gap,) = found.gaps
    assert (gap.where, gap.reason) == ("acme/prod/keystores/web/server#1", "unparsable")


def test_where_the_certificate_is_refused_its_description_remains() -> None:
    body = {
        "keyName": "k",
        "certsInfo": {"certInfo": [{"subject": "CN=a", "validFrom": 0, "expiryDate": "1"}]},
    }
    answers = installation(**{ALIAS: body, f"{ALIAS}/certificate": REFUSED})
    found = crawled(answers)
    alias = found.environments[0].keystores.items["web"].aliases.items["server"]
    told = "its certificate could not be read; judged by its description: HTTP 403: no"
    assert found.gaps == (Gap(alias.where, "forbidden", told, "ask for a role"),)
    assert [each.known_by for each in alias.certificates] == ["description"]
    assert not alias.is_complete


def test_an_answer_without_certificate_is_a_gap() -> None:
    (gap,) = crawled(installation(**{f"{ALIAS}/certificate": "<html>Sign in</html>"})).gaps
    assert (gap.where, gap.reason) == ("acme/prod/keystores/web/server", "unparsable")


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_reaches_elsewhere_is_never_asked_for(name: str) -> None:
    source = Told(installation(**{f"{PROD}/keystores": ["web", name]}))
    (gap,) = collect(source).gaps
    assert (gap.where, gap.reason) == (f"acme/prod/keystores/{name}", "unsafe_name")
    assert not any(path.endswith((f"/{name}", "/")) for path in source.asked)


def test_names_are_encoded() -> None:
    source = Told(installation(**{f"{PROD}/references": ["a b/50%"]}))
    (gap,) = collect(source).gaps
    assert f"{PROD}/references/a%20b%2F50%25" in source.asked
    assert gap.where == "acme/prod/references/a b%2F50%25"


def test_a_server_that_refuses_everything_is_one_gap() -> None:
    source = Told(dict.fromkeys([f"{ORG}/environments", "organizations"], REFUSED))
    for organizations in ([], ["acme"], ["acme", "other"]):
        source.answers["organizations/other/environments"] = REFUSED
        found = collect(source, organizations=organizations)
        assert found.gaps == (
            Gap("edge.example:8080", "forbidden", "HTTP 403: no", "ask for a role"),
        )


def test_an_unknown_organization_is_named() -> None:
    (gap,) = crawled({}, organizations=["acmee"]).gaps
    assert (gap.where, gap.reason) == ("acmee/environments", "not_found")


def test_a_role_may_read_what_it_may_not_list() -> None:
    answers = installation(**{f"{ORG}/environments": REFUSED})
    found = crawled(answers, organizations=["acme"], environments=["prod"])
    assert [env.where for env in found.environments] == ["acme/prod"]
    assert [gap.where for gap in found.gaps] == ["acme/environments"]


def test_only_the_kinds_that_are_wanted() -> None:
    source = Told(installation())
    (env,) = collect(source, kinds=["references"], with_proxies=False).environments
    assert env.references.is_complete
    assert not env.keystores.is_listed
    assert len(source.asked) == 4


def test_progress_ends_where_all_is_read() -> None:
    told: list[tuple[str, int, int]] = []
    crawled(installation(), progress=lambda *step: told.append(step))
    last = {what: (done, total) for what, done, total in told}
    assert last["aliases"] == (1, 1)
    assert last["objects"] == (3, 3)
    assert all(done <= total for _, done, total in told)


def test_the_order_of_lists_does_not_matter() -> None:
    lists = {f"{ORG}/environments": ["test", "prod"], f"{PROD}/keystores": ["b", "web", "a"]}
    backwards = {path: names[::-1] for path, names in lists.items()}
    assert crawled(installation(**lists)).gaps == crawled(installation(**backwards)).gaps


OLD_STORE = {"certs": ["web.crt"], "keys": ["server"], "name": "web"}


def old_generation(**changes: Any) -> dict[str, Any]:
    """Answers of Edge 4.17.09: no alias resources."""
    answers = installation(**{STORE: OLD_STORE})
    answers[f"{STORE}/certs"] = ["web.crt"]
    answers[f"{STORE}/certs/web.crt"] = {"certInfo": [], "certName": "web.crt"}
    answers[f"{STORE}/certs/web.crt/export"] = bundle(LEAF, ISSUING)
    return answers | changes


@pytest.mark.parametrize("body", [OLD_STORE, {"keys": ["server"], "name": "web"}])
def test_a_generation_without_alias_resources(body: Any) -> None:
    found = crawled(old_generation(**{STORE: body}))
    store = found.environments[0].keystores.items["web"]
    assert found.gaps == ()
    assert store.keys == frozenset({"server"})
    (alias,) = store.aliases
    assert (alias.where, alias.has_key) == ("acme/prod/keystores/web/web.crt", None)
    assert alias.certificates == (LEAF.certificate, ISSUING.certificate)
    assert store.alias("server") is alias
    assert store.alias("web.crt") is None
    assert store.lacks_alias("web.crt")


def test_which_certificate_belongs_to_a_key_is_known_of_a_single_one() -> None:
    answers = old_generation(**{STORE: {**OLD_STORE, "certs": ["web.crt", "ca.crt"]}})
    answers[f"{STORE}/certs/ca.crt"] = {"certInfo": []}
    answers[f"{STORE}/certs/ca.crt/export"] = bundle(ISSUING)
    store = crawled(answers).environments[0].keystores.items["web"]
    assert store.alias("server") is None
    assert not store.lacks_alias("server")


def test_where_neither_aliases_nor_certificates_are_listed() -> None:
    answers = old_generation(**{STORE: {"name": "web"}, f"{STORE}/certs": REFUSED})
    found = crawled(answers)
    assert [gap.where for gap in found.gaps] == ["acme/prod/keystores/web/certs"]
    assert not found.environments[0].keystores.items["web"].aliases.is_listed


def test_refused_aliases_are_no_older_generation() -> None:
    answers = installation(**{STORE: OLD_STORE, f"{STORE}/aliases": REFUSED})
    (gap,) = crawled(answers).gaps
    assert gap.where == "acme/prod/keystores/web/aliases"


def test_apigee_x_is_told_apart() -> None:
    (gap,) = crawled(installation(**{STORE: {"name": "web", "aliases": ["server"]}})).gaps
    assert "Apigee X" in gap.detail
    assert "Apigee Edge" in gap.hint


def test_certificates_that_no_alias_holds() -> None:
    """Uploaded through the older resource, they keep their file names, and count all the same."""
    body = {"aliases": [{"aliasName": "server", "cert": "server-cert"}], "name": "web"}
    body["certs"] = ["server-cert", "ca.crt"]
    answers = installation(**{STORE: body, f"{STORE}/certs/ca.crt": {"certInfo": []}})
    answers[f"{STORE}/certs/ca.crt/export"] = bundle(ISSUING)
    found = crawled(answers)
    store = found.environments[0].keystores.items["web"]
    assert found.gaps == ()
    assert set(store.aliases.items) == {"server", "ca.crt"}
    assert store.aliases.items["ca.crt"].certificates == (ISSUING.certificate,)
    assert store.keys is None


def test_a_virtual_host_whose_settings_cannot_be_understood_is_a_gap() -> None:
    for settings in ("true", {"enabled": "perhaps"}, {"enabled": True, "protocols": "TLSv1.2"}):
        found = crawled(installation(**{f"{PROD}/virtualhosts/secure": {"sSLInfo": settings}}))
        assert [gap.reason for gap in found.gaps] == ["unparsable"]
        assert found.environments[0].virtual_hosts.unread == {"secure"}
