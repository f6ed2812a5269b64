"""OAuth2 tokens: got with what an account has, reused, renewed in time, and asked for rarely."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from edgeaudit.errors import InputError
from edgeaudit.management import totp
from edgeaudit.management.claims import EARLY, life
from edgeaudit.management.login_host import LoginHost, Refused
from edgeaudit.management.source import Answer
from edgeaudit.management.token_cache import TokenCache, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_AN_HOUR = 5  # the login host itself refuses more than 30 (Apigee status, 2020-10-26)
HOUR = 3600.0

_OVER = "log in anew: run again on a terminal, or give a password in EDGEAUDIT_PASSWORD"


@dataclass(frozen=True)
class Account:
    """What a login host may be told: of several means the one that needs least is tried first.

    `ask` gives what a person answers to a prompt; None where there is nobody.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    passcode: str = field(default="", repr=False)
    mfa_code: str = field(default="", repr=False)
    mfa_secret: str = field(default="", repr=False)
    ask: Callable[[str], str] | None = None

    @property
    def has_secret(self) -> bool:
        """Whether it can log in without a prompt."""
        return bool(self.password or self.refresh_token or self.passcode)

    @property
    def name(self) -> str:
        """Whom the tokens are for: the user, or a fingerprint of what tells no user."""
        if self.username and not self.passcode:
            return self.username
        told = self.passcode or self.refresh_token
        return told and sha256(told.encode("utf-8", "surrogateescape")).hexdigest()


class OAuth:
    """Tokens from the login host at `login_url`, for as long as their own claims say.

    A token is renewed a little earlier than that, or once after a 401; one thread does so while
    the others wait, and so do other runs that share `cache`. The host is asked MOST_AN_HOUR times
    an hour, not counting the renewal of a token that has come to its end. After one failure it is
    not asked again, but a token that lives is used on. The account's `ask` is for the first header
    only: nobody is interrupted later. `options` are those of a LoginHost. Raises InputError for an
    account without a name or a wrong `mfa_secret`, and what a LoginHost raises.
    """

    def __init__(
        self,
        login_url: str,
        account: Account,
        *,
        cache: TokenCache | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        **options: Any,
    ) -> None:
        if not account.name:
            raise InputError("a login needs a user, a refresh token or a passcode")
        self._host = LoginHost(login_url, sleep=sleep, clock=clock, **options)
        self._account, self._ask = account, account.ask
        self._password, self._code = account.password, account.mfa_code
        self._totp_key = totp.key(account.mfa_secret) if account.mfa_secret else b""
        self._cache = cache or TokenCache()
        self._sleep, self._clock = sleep, clock
        self._login = f"{self._host.url} {account.name}"
        self._known = self._cache.get(self._login)
        self._lock = Lock()
        self._token, self._renew_at, self._is_own = "", 0.0, False
        self._wants_code = False
        self._failure: Answer | None = None

    @property
    def has_tokens(self) -> bool:
        """Whether an earlier run has left something to log in with."""
        return bool(self._known.refresh_token) or self._clock() < self._known.renew_at

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that the account has, and what came of it, plain and as a form has them."""
        account, known = self._account, self._known
        given = (self._password, account.refresh_token, account.passcode, account.mfa_secret)
        plain = (*given, account.mfa_code, known.refresh_token)
        return (*plain, *(quote_plus(secret, errors="surrogateescape") for secret in plain))

    def header(self) -> str | Answer:
        """The header with a token that lives; or why there is none."""
        with self._lock:
            outcome = self._current()
            self._ask = None
            return outcome

    def renewed(self, header: str) -> str | Answer:
        """The header with another token than that of `header`; or why there is none.

        Where a token of this run is refused and there is no other, the role is to blame: the
        refusal stands.
        """
        with self._lock:
            if header != self._header:
                return self._current()
            outcome = self._obtained(self._token)
            return header if self._is_own and isinstance(outcome, Answer) else outcome

    @property
    def _header(self) -> str:
        return f"Bearer {self._token}"

    def _current(self) -> str | Answer:
        return self._header if self._clock() < self._renew_at else self._obtained("")

    def _obtained(self, refused: str) -> str | Answer:
        if self._failure is None:
            with self._cache.locked():
                self._failure = self._renew(refused)
        return self._failure or self._header

    def _renew(self, refused: str) -> Answer | None:
        self._known = known = self._cache.get(self._login)
        if known.access_token not in {"", refused} and self._clock() < known.renew_at:
            self._use(known, is_own=False)
            return None
        if refused and not self._is_own:
            self._keep(access_token="", renew_at=0.0)
        return self._log_in(is_due=not refused and bool(known.access_token))

    def _log_in(self, *, is_due: bool) -> Answer | None:
        over = (
            f"the token of {self._host.endpoint} is over, and nothing is left to get another with"
        )
        failure: Answer | None = Answer(None, b"", "unauthorized", over, _OVER)
        for form in self._forms():
            failure = self._posted(form, is_due=is_due)
            if failure is None or failure.reason != "unauthorized":
                break
        return failure

    def _forms(self) -> Iterator[dict[str, str]]:
        """What may be exchanged for a token, one after the other as long as they are refused."""
        account = self._account
        is_first = not self._known.access_token
        for token in dict.fromkeys((self._known.refresh_token, account.refresh_token)):
            if token:
                yield {"grant_type": "refresh_token", "refresh_token": token}
        if account.passcode and is_first:  # else it was exchanged before
            passcode = {"response_type": "token", "passcode": account.passcode}
            yield {"grant_type": "password", **passcode}
        if account.username and not account.passcode:
            yield from self._password_forms()

    def _password_forms(self) -> Iterator[dict[str, str]]:
        who = self._account.username
        if not self._password and self._ask:
            self._password = self._ask(f"Password of {who}")
        if not self._password:
            return
        form = {"grant_type": "password", "username": who, "password": self._password}
        code = self._next_code()
        yield {**form, "mfa_token": code} if code else form
        if self._wants_code and self._ask:
            yield {**form, "mfa_token": self._ask(f"Second factor of {who}: code").strip()}

    def _next_code(self) -> str:
        """A code that no login has had: a server takes each one once (RFC 6238, 5.2)."""
        if not self._totp_key:
            code, self._code = self._code, ""
            return code
        step = int(self._clock() // totp.STEP)
        if step == self._known.code_step:
            step += 1
            self._sleep(step * totp.STEP - self._clock())
        self._keep(code_step=step)
        return totp.code(self._totp_key, step * totp.STEP)

    def _posted(self, form: dict[str, str], *, is_due: bool) -> Answer | None:
        """Asks for a token; the failure, if it is one."""
        now = self._clock()
        recent = tuple(at for at in self._known.asked_at if now - HOUR < at <= now)
        if too_often := self._too_often(recent, now):
            return too_often
        self._keep(asked_at=(*recent, now))
        answer = self._host.ask(form, (*self.secrets, form.get("mfa_token", "")))
        if isinstance(answer, Refused):
            return self._refused(answer, form)
        self._take(answer)
        if is_due:  # one for each life is what tokens are for
            self._keep(asked_at=recent)
        return None

    def _too_often(self, recent: tuple[float, ...], now: float) -> Answer | None:
        at = self._host.endpoint
        wait = self._known.wait_until - now
        why = f"{at} asked to be left alone"
        if not 0 < wait <= HOUR and len(recent) >= MOST_AN_HOUR:
            wait = recent[0] + HOUR - now
            why = f"{at} was asked for tokens {len(recent)} times within an hour"
        if not 0 < wait <= HOUR:  # more than that was written when the clock was wrong
            return None
        hint = f"wait {wait // 60 + 1:.0f} min, or give a token in EDGEAUDIT_TOKEN"
        return Answer(None, b"", "rate_limited", f"no login: {why}", hint)

    def _refused(self, refused: Refused, form: dict[str, str]) -> Answer:
        self._wants_code = refused.wants_code
        if refused.wait:
            self._keep(wait_until=self._clock() + min(refused.wait, HOUR))
        is_stale = form.get("refresh_token") == self._known.refresh_token
        if is_stale and refused.answer.reason == "unauthorized":
            self._keep(refresh_token="")
        return refused.answer

    def _take(self, answer: dict[str, Any]) -> None:
        token = answer["access_token"]
        lives = life(token, answer.get("expires_in"))
        self._keep(
            access_token=token,
            refresh_token=str(answer.get("refresh_token") or self._known.refresh_token),
            renew_at=self._clock() + lives - min(EARLY, lives / 10),
        )
        self._use(self._known, is_own=True)

    def _use(self, tokens: Tokens, *, is_own: bool) -> None:
        self._token, self._renew_at, self._is_own = tokens.access_token, tokens.renew_at, is_own

    def _keep(self, **changes: Any) -> None:
        self._known = replace(self._known, **changes)
        self._cache.put(self._login, self._known)
