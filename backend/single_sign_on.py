"""Single sign-on with an office's own OpenID Connect provider: authorization code with PKCE, nonce and state.

It says what a provider's person is called, and whether several factors were used; whose account that is, others decide.
Nothing of a provider is kept between two sign-ins: its keys may change at any time, and people sign in seldom.
Knows Authlib and the network; nothing of Flask, accounts or the database.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from backend.config import SingleSignOn
from backend.services.errors import ServiceError

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by a provider's own key; never "none", nor one made with the secret that we hold as well."""
PATIENCE_S = 5
LEEWAY_S = 60
SCOPE = "openid profile email"

log = structlog.get_logger()


class SingleSignOnFailed(ServiceError):
    """The provider cannot be reached, or what came back does not prove anybody. The log says why."""

    code = "single-sign-on-failed"


class SingleSignOnRefused(ServiceError):
    """The provider let the person not in, or the person gave up there."""

    code = "single-sign-on-refused"


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what has to be kept for its return; the secrets stay with us."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Proven:
    """What the provider's person is called, and whether more than one factor was used there (`amr` has `mfa`)."""

    name: str
    factors: bool


def begin(provider: SingleSignOn, redirect_uri: str) -> Begun:
    """Raises SingleSignOnFailed."""
    metadata = _metadata(provider)
    state, nonce, verifier = generate_token(32), generate_token(32), generate_token(64)
    with _client(provider, metadata, redirect_uri) as client:
        address, _ = client.create_authorization_url(
            _endpoint(metadata, "authorization_endpoint"), state=state, nonce=nonce, code_verifier=verifier
        )
    return Begun(address, state, nonce, verifier)


def finish(
    provider: SingleSignOn, redirect_uri: str, kept: Mapping[str, Any], answer: Mapping[str, str], now: datetime
) -> Proven:
    """Who came back. `kept`: state, nonce and verifier of the beginning; `answer`: the query that the browser brought.

    Raises SingleSignOnFailed, SingleSignOnRefused.
    """
    if not hmac.compare_digest(answer.get("state", "").encode(), str(kept["state"]).encode()):
        raise _failed("the state is another one")
    if "error" in answer:
        log.info("single-sign-on-refused", error=answer["error"][:80])
        raise SingleSignOnRefused("The office's sign-in did not let you in.")
    metadata = _metadata(provider)
    if metadata.get("authorization_response_iss_parameter_supported") and answer.get("iss") != provider.issuer:
        raise _failed("the answer is of another issuer")
    token = _token(provider, metadata, redirect_uri, answer.get("code", ""), str(kept["verifier"]))
    return _proven(provider, _claims(provider, metadata, token, str(kept["nonce"]), now))


def _token(
    provider: SingleSignOn, metadata: Mapping[str, Any], redirect_uri: str, code: str, verifier: str
) -> Mapping[str, Any]:
    endpoint = _endpoint(metadata, "token_endpoint")
    try:
        with _client(provider, metadata, redirect_uri) as client:
            found: Mapping[str, Any] = client.fetch_token(
                endpoint, code=code, code_verifier=verifier, grant_type="authorization_code", allow_redirects=False
            )
    except (requests.RequestException, AuthlibBaseError, ValueError) as error:
        raise _failed(f"no token: {error}") from None
    return found


def _claims(
    provider: SingleSignOn, metadata: Mapping[str, Any], token: Mapping[str, Any], nonce: str, now: datetime
) -> Mapping[str, Any]:
    """The claims of the id_token, once signature, issuer, audience, times and nonce are found right."""
    must = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
    }
    known = {"nonce": nonce, "client_id": provider.client_id, "access_token": token.get("access_token")}
    try:
        keys = KeySet.import_key_set({"keys": _read(_endpoint(metadata, "jwks_uri"))["keys"]})
        signed = jwt.decode(str(token["id_token"]), keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(signed.claims, signed.header, must, known)
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
    except (JoseError, AuthlibBaseError, KeyError, ValueError, TypeError) as error:
        raise _failed(f"the id_token proves nothing: {type(error).__name__}: {error}") from None
    return dict(signed.claims)


def _proven(provider: SingleSignOn, claims: Mapping[str, Any]) -> Proven:
    name = claims.get(provider.claim)
    if not isinstance(name, str) or not name:
        raise _failed(f"the id_token has no {provider.claim}")
    if provider.claim == "email" and claims.get("email_verified") is not True:
        raise _failed("the address of the id_token is not verified")
    return Proven(name, "mfa" in (claims.get("amr") or ()))


def _metadata(provider: SingleSignOn) -> Mapping[str, Any]:
    found = _read(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != provider.issuer:
        raise _failed("the provider calls itself otherwise")
    return found


def _read(address: str) -> dict[str, Any]:
    try:
        answer = requests.get(address, timeout=PATIENCE_S, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise _failed(f"{address}: {error}") from None
    if answer.status_code != 200 or not isinstance(found, dict):
        raise _failed(f"{address} says nothing")
    return found


def _client(provider: SingleSignOn, metadata: Mapping[str, Any], redirect_uri: str) -> OAuth2Session:
    offered = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    method = "none"
    if provider.client_secret is not None:
        method = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
    return OAuth2Session(
        provider.client_id,
        provider.client_secret,
        token_endpoint_auth_method=method,
        scope=SCOPE,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        default_timeout=PATIENCE_S,
    )


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    address = metadata.get(name)
    if not isinstance(address, str) or not is_guarded(address):
        raise _failed(f"the provider's {name} is missing, or not https")
    return address


def is_guarded(address: str) -> bool:
    """Whether nobody on the way can read or change it: https, or within this machine."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.netloc)
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _failed(why: str) -> SingleSignOnFailed:
    log.warning("single-sign-on-failed", why=why[:300])
    return SingleSignOnFailed("The office's sign-in did not work; try again, or sign in by password.")
