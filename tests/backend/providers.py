"""An OpenID Connect provider on loopback: discovery, keys, and tokens that it signs; it proves what a test says.

A real one: the browser's part is `let_in`, which does what its sign-in page would, and looks at what our server asked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

CLIENT, SECRET = "bluegrid", "a secret of the office"


def new_key() -> ECKey:
    """A key as a provider has it; all of them go by one name."""
    return ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})


@dataclass
class Provider:
    """`claims` go over what an honest provider would say; `signs_with` and `algorithm` are what it signs by."""

    port: int = 0
    key: ECKey = field(default_factory=new_key)
    claims: dict[str, Any] = field(default_factory=dict)
    signs_with: Any = None
    algorithm: str = "ES256"
    metadata: dict[str, Any] = field(default_factory=dict)
    time: Any = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realm"

    def described(self) -> dict[str, Any]:
        own = {name: f"{self.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        return {"issuer": self.issuer, **own, **self.metadata}

    def let_in(self, address: str, name: str) -> str:
        """Where the browser is sent back to, once the person has signed in at the provider."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = uuid4().hex
        self.codes[code] = {**asked, "name": name}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The token for a code, once, for our client alone and for whom the code was begun by; else None."""
        asked = self.codes.pop(form.get("code", ""), None)
        ours = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or authorization.replace("+", "%20") not in (ours, ours.replace("%20", "+")):
            return None
        if proof.rstrip(b"=").decode() != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        now = int(self.time.now().timestamp())
        claims = {"iss": self.issuer, "sub": f"id of {asked['name']}", "aud": CLIENT, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], "preferred_username": asked["name"], **self.claims}
        header = {"alg": self.algorithm, "kid": "one"}
        said = {name: value for name, value in claims.items() if value is not None}
        signed = jwt.encode(header, said, self.signs_with or self.key, algorithms=[self.algorithm])
        return {"access_token": "opens nothing", "token_type": "Bearer", "expires_in": 300, "id_token": signed}

    def secret_key(self) -> OctKey:
        """The secret that client and provider share, as a key: what it signs, the client could have signed."""
        return OctKey.import_key(SECRET)


class _Requests(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        path = self.path.removeprefix("/realm")
        if path == "/.well-known/openid-configuration":
            self._say(200, self.provider.described())
        elif path == "/jwks_uri":
            self._say(200, {"keys": [self.provider.key.as_dict(private=False)]})
        else:
            self._say(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        token = self.provider.token(form, self.headers.get("Authorization", ""))
        self._say(200, token) if token else self._say(400, {"error": "invalid_grant"})

    def _say(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        """Tests read what was sent, not what is printed."""


@contextmanager
def running(time: Any) -> Iterator[Provider]:
    """A provider with the clock of the story."""
    provider = Provider(time=time)
    handler = type("Requests", (_Requests,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        provider.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield provider
        finally:
            http.shutdown()
            thread.join()
