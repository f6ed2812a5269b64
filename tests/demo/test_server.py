"""The demo over HTTP."""

from __future__ import annotations

import http.client
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from cryptography import x509

from edgeaudit.demo import Defect, DemoEdge
from edgeaudit.demo.answers import Answer
from edgeaudit.demo.forms import Forms

from .asking import ask, basic
from .conftest import NOW


def test_long_and_short_paths_are_equal_and_may_be_mixed(edge: DemoEdge) -> None:
    paths = {
        f"/v1/{organizations}/acme/{environments}/prod/keystores/orders/aliases/server"
        for organizations in ("o", "organizations")
        for environments in ("e", "environments")
    }

    replies = {ask(edge, path) for path in paths}

    assert len(paths) == 4
    assert [reply.json["alias"] for reply in replies] == ["server"]


def test_only_the_words_of_the_path_have_short_forms(edge: DemoEdge) -> None:
    assert ask(edge, "/v1/o/acme/e/prod/e").status == 404
    assert ask(edge, "/v1/o/o/e/prod").status == 404


def test_names_are_percent_decoded_once(edge: DemoEdge) -> None:
    environment = f"/v1/o/wellkept/e/{quote('stage 100%')}"
    store = quote("keys %20 50%", safe="")

    assert ask(edge, f"{environment}/keystores/{store}").json["name"] == "keys %20 50%"
    assert ask(edge, f"{environment}/virtualhosts/odd%252Fhost").json["name"] == "odd%2Fhost"


def test_a_slash_at_the_end_reaches_the_list(edge: DemoEdge) -> None:
    path = "/v1/o/acme/e/prod/keystores"

    assert ask(edge, f"{path}/") == ask(edge, path)


def test_an_unknown_query_changes_nothing(edge: DemoEdge) -> None:
    for path in ("/v1/o/acme/e/prod/deployments", "/v1/o/acme/apis", "/v1/o/acme"):
        assert ask(edge, f"{path}?a=b&sharedFlows=false") == ask(edge, path)


def test_shared_flows_are_asked_for_by_a_query(edge: DemoEdge) -> None:
    deployments = "/v1/o/wellkept/e/test/deployments?includeServerStatus=false&sharedFlows=true"
    names = {each["name"] for each in ask(edge, deployments).json["aPIProxy"]}

    assert names == {"logged", "scores"}


def test_an_old_edge_knows_no_shared_flows(edge: DemoEdge) -> None:
    path = "/v1/o/heritage/e/test/deployments"

    assert ask(edge, f"{path}?sharedFlows=true") == ask(edge, path)
    assert ask(edge, "/v1/o/heritage/sharedflows").status == 404


def test_an_old_edge_knows_no_aliases(edge: DemoEdge) -> None:
    store = "/v1/o/heritage/e/test/keystores/quotes"

    assert set(ask(edge, store).json) == {"certs", "keys", "name"}
    assert ask(edge, f"{store}/aliases").status == 404
    assert ask(edge, f"{store}/certs/quotes.crt").json["certName"] == "quotes.crt"
    assert "BEGIN CERTIFICATE" in ask(edge, f"{store}/certs/quotes.crt/export").body


def test_a_bundle_is_a_zip_archive(edge: DemoEdge) -> None:
    reply = ask(edge, "/v1/o/wellkept/apis/enriched/revisions/1?format=bundle")

    assert reply.content_type == "application/octet-stream"
    with zipfile.ZipFile(io.BytesIO(reply.raw)) as bundle:
        assert {name for name in bundle.namelist() if not name.endswith("/")} == {
            "apiproxy/enriched.xml",
            "apiproxy/policies/Enrich.xml",
            "apiproxy/proxies/default.xml",
            "apiproxy/resources/jsc/x.js",
            "apiproxy/targets/default.xml",
        }
    assert ask(edge, "/v1/o/wellkept/apis/enriched/revisions/1").json["policies"] == ["Enrich"]


@pytest.mark.parametrize(("paging", "seed"), [("known", 0), ("ignored", 4)])
def test_a_list_of_proxies_comes_page_by_page(paging: str, seed: int) -> None:
    """The page begins with `startKey` itself; some servers know no pages."""
    assert Forms.drawn(seed).paging == paging
    with DemoEdge(NOW, seed=seed) as edge:
        names = ask(edge, "/v1/o/acme/apis").json
        query = urlencode({"count": 3, "startKey": names[4]})
        page = ask(edge, f"/v1/o/acme/apis?{query}").json

    assert page == (names[4:7] if paging == "known" else names)


@pytest.mark.parametrize(
    ("query", "size"),
    [("count=2", 2), ("count=1000", 100), ("count=0", 0), ("count=x", 150), ("startKey=n9", 150)],
)
def test_a_page_has_at_most_a_hundred_names(query: str, size: int) -> None:
    names = tuple(f"n{number}" for number in range(150))
    answer = Answer(200, json.dumps(names).encode(), pages=names)

    assert len(json.loads(answer.page(dict(parse_qsl(query))).body)) == size


def test_the_page_of_an_unknown_name_is_empty() -> None:
    answer = Answer(200, b'["a"]', pages=("a",))

    assert answer.page({"count": "5", "startKey": "b"}).body == b"[]"


def test_certificates_come_as_pem(edge: DemoEdge) -> None:
    store = "/v1/o/acme/e/prod/keystores/orders"
    pem = ask(edge, f"{store}/aliases/server/certificate").body

    assert len(x509.load_pem_x509_certificates(pem.encode())) == 2
    assert ask(edge, f"{store}/certs/server-cert/export").body == pem


def test_the_lists_of_portal_are_refused(edge: DemoEdge) -> None:
    assert "portal" in ask(edge, "/v1/o/acme/environments").json
    assert ask(edge, "/v1/o/acme/e/portal").json["name"] == "portal"
    for section in ("keystores", "references", "virtualhosts", "targetservers", "deployments"):
        assert ask(edge, f"/v1/o/acme/e/portal/{section}").status == 403


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/o/nowhere", "messaging.config.beans.OrganizationDoesNotExist"),
        ("/v1/o/acme/e/dev/keystores", "messaging.config.beans.EnvironmentDoesNotExist"),
        ("/v1/o/acme/e/prod/keystores/x/aliases", "messaging.config.beans.KeyStoreDoesNotExist"),
        ("/v1/o/acme/e/prod/references/x", "messaging.config.beans.ResourceReferenceDoesNotExist"),
        ("/v1/o/acme/apis/x", "messaging.config.beans.ApplicationDoesNotExist"),
        ("/v1/o/acme/apis/x/deployments", "messaging.config.beans.ApplicationDoesNotExist"),
        ("/v1/o/acme/nothing", "messaging.config.beans.ResourceDoesNotExist"),
        ("/v1", "messaging.config.beans.ResourceDoesNotExist"),
        ("/v2/organizations", "messaging.config.beans.ResourceDoesNotExist"),
    ],
)
def test_what_is_not_there_is_404(path: str, code: str, edge: DemoEdge) -> None:
    reply = ask(edge, path)

    assert (reply.status, reply.json["code"]) == (404, code)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PURGE"])
def test_only_get_is_allowed_and_all_else_is_remembered(method: str, edge: DemoEdge) -> None:
    path = "/v1/o/acme/e/prod/keystores/orders"

    assert ask(edge, path, method=method, body="{}").status == 405
    assert edge.requests == [(method, path)]


def test_requests_are_remembered_in_order_refused_ones_too(edge: DemoEdge) -> None:
    ask(edge, "/v1/o/acme?a=b")
    ask(edge, "/v1/o/nowhere")
    ask(edge, "/v1/o", headers={})

    assert edge.requests == [("GET", "/v1/o/acme?a=b"), ("GET", "/v1/o/nowhere"), ("GET", "/v1/o")]


def test_many_ask_at_once_over_connections_that_stay_open(edge: DemoEdge) -> None:
    def ask_twice(_: int) -> set[int]:
        connection = http.client.HTTPConnection(urlsplit(edge.url).netloc, timeout=60)
        headers = basic(f"{edge.username}:{edge.password}")
        statuses = set()
        for _ in range(2):
            connection.request("GET", "/v1/o/acme/e/prod/keystores", headers=headers)
            response = connection.getresponse()
            response.read()
            statuses.add(response.status)
        connection.close()
        return statuses

    with ThreadPoolExecutor(16) as pool:
        assert set.union(*pool.map(ask_twice, range(64))) == {200}
    assert len(edge.requests) == 128


@pytest.mark.parametrize(
    "headers",
    [{}, basic("auditor@acme.example:wrong"), basic("auditor:x"), {"Authorization": "Bearer x"}],
    ids=["none", "wrong password", "wrong user", "unknown token"],
)
def test_wrong_credentials_are_401_with_a_fault(headers: dict[str, str], edge: DemoEdge) -> None:
    reply = ask(edge, "/v1/o/acme", headers=headers)

    assert reply.status == 401
    assert reply.json["fault"]["faultstring"]


def test_the_header_may_lie_about_the_body() -> None:
    types = set()
    for seed in range(6):
        with DemoEdge(NOW, seed=seed) as edge:
            types.add(ask(edge, "/v1/o/acme").content_type)

    assert types == {"application/json", "text/plain"}


def test_trust_and_defects_are_given() -> None:
    edge = DemoEdge(NOW)

    assert edge.ca_pem.count("BEGIN CERTIFICATE") == 3
    assert all(isinstance(defect, Defect) for defect in edge.defects)


def test_now_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        DemoEdge(datetime(2030, 1, 1))


def test_the_port_may_be_chosen() -> None:
    with DemoEdge(NOW) as first:
        port = urlsplit(first.url).port
    assert port is not None
    with DemoEdge(NOW, port=port) as second:
        assert second.url == f"http://127.0.0.1:{port}"
