"""Where a cast member is reached and with which key: checked when the cast is read, before anything is sent.

Keys live in the environment alone. An endpoint knows the variable's name, never its value, so it may be shown and logged.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from factory.errors import BadInput, ProviderUnusable
from factory.types import Member

OFFICIAL: Final[Mapping[str, tuple[str, str]]] = {
    "openai": ("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": ("https://api.anthropic.com", "ANTHROPIC_API_KEY"),
}
# As `key_env`: the server is asked without a key.
NO_KEY: Final = "none"

_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"})
# Addresses at which clouds hand credentials to whoever asks from inside: AWS, Google, Azure and others share 169.254.169.254,
# AWS over IPv6 fd00:ec2::254, Alibaba 100.100.100.200, Oracle 192.0.0.192. Link-local as a whole has no model server.
_METADATA_NETS = tuple(
    ipaddress.ip_network(net)
    for net in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32")
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One provider at one address under one credential: what clients and limits are shared by. key_env: NO_KEY for none."""

    provider: str
    base_url: str
    key_env: str

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    @property
    def official(self) -> bool:
        """Whether this is the provider's own service, and not something that merely speaks its protocol."""
        return self.base_url == OFFICIAL[self.provider][0]

    def key(self) -> str:
        """The key, NO_KEY where none is to be sent, from the environment now. Raises ProviderUnusable, never showing it."""
        if self.key_env == NO_KEY:
            return NO_KEY
        value = os.environ.get(self.key_env, "").strip()
        if not value and _is_own(urlsplit(self.base_url).hostname or "") and self.key_env == OFFICIAL[self.provider][1]:
            # A server of one's own often asks for no key at all.
            return NO_KEY
        if not value:
            raise ProviderUnusable(
                f"the environment variable {self.key_env} holds no key",
                where=f"{self.provider} at {self.host}",
                fix=f"Set it (export {self.key_env}=...), or name another one in the cast: `options: {{key_env: NAME}}`",
            )
        if not re.fullmatch(r"[\x21-\x7e]+", value):
            raise ProviderUnusable(
                f"the key in {self.key_env} has spaces, line breaks or characters outside ASCII, so it cannot be a key",
                where=f"{self.provider} at {self.host}",
                fix="Copy it again",
            )
        return value

    @property
    def proxy(self) -> str | None:
        """The proxy the environment asks for (HTTPS_PROXY and its kin); never one for this machine's own servers.

        An address without a scheme is taken as http://, as curl and urllib do. Raises BadInput for one that cannot be meant.
        """
        parts = urlsplit(self.base_url)
        host = parts.hostname or ""
        if _is_own(host) or urllib.request.proxy_bypass(host):
            return None
        text = urllib.request.getproxies().get(parts.scheme, "").strip()
        if not text:
            return None
        address = text if "://" in text else f"http://{text}"
        name = f"{parts.scheme.upper()}_PROXY"
        try:
            proxy = urlsplit(address)
            fine = proxy.scheme in ("http", "https") and proxy.port != 0 and _is_host(proxy.hostname or "")
        except ValueError:
            fine = False
        if not fine:
            # Not echoed: it may hold a password.
            raise BadInput(
                f"the proxy in the environment ({name}) is not an http or https address",
                where=f"{self.provider} at {self.host}",
                fix=f"For example export {name}=http://proxy.example:3128, or add the host to NO_PROXY",
            )
        return address


def provider_of(member: Member) -> tuple[str, str]:
    """A member's provider and the model's name there. Raises BadInput for a provider without an adapter."""
    provider, slash, name = member.model.partition("/")
    if not (slash and name and provider in OFFICIAL):
        raise BadInput(
            f"no adapter for {member.model!r}",
            where="cast: model",
            fix=f"Write PROVIDER/MODEL with one of the providers {', '.join(sorted(OFFICIAL))} (any server that speaks the "
            "OpenAI protocol: openai/NAME with base_url), or sim:ROLE for a rehearsal",
        )
    return provider, name


def endpoint_of(member: Member) -> Endpoint:
    """The endpoint of a member. Raises BadInput for a provider, base_url or key_env that cannot be meant.

    The provider's own key goes to the provider and to this machine; any other host gets a key only by `key_env`.
    """
    provider, _ = provider_of(member)
    official, key_env = OFFICIAL[provider]
    if member.base_url is None:
        return Endpoint(provider, official, _key_env(member, key_env))
    where = f"cast: {member.model}: base_url"
    base_url = _checked_url(member.base_url, where)
    if "key_env" not in member.options and not _is_own(urlsplit(base_url).hostname or "") and not _same(base_url, official):
        raise BadInput(
            f"the key in {key_env} is {provider}'s own and is not sent to {urlsplit(base_url).netloc} unless you say so",
            where=where,
            fix="Name the variable of that server's key: `options: {key_env: MY_SERVER_KEY}`, or `{key_env: none}` for no key",
        )
    return Endpoint(provider, base_url, _key_env(member, key_env))


def _is_own(host: str) -> bool:
    """Whether a host name can only be this machine."""
    return host == "localhost" or is_loopback(host)


def _same(base_url: str, other: str) -> bool:
    """Whether two addresses are of one server, by the same scheme."""
    one, two = urlsplit(base_url), urlsplit(other)
    return (one.scheme, one.hostname, one.port) == (two.scheme, two.hostname, two.port)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_metadata(host: str) -> bool:
    """Whether a host name or address is a cloud's metadata service (or link-local, where such services live)."""
    name = host.rstrip(".").lower()
    if name in _METADATA_NAMES:
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    return any(address in net for net in _METADATA_NETS)


def _checked_url(text: str, where: str) -> str:
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port != 0
    except ValueError:
        parts, port_is_fine = urlsplit(""), False
    host = parts.hostname or ""
    fine = text.isprintable() and " " not in text and parts.scheme in ("http", "https") and port_is_fine and _is_host(host)
    if not fine:
        raise BadInput("base_url is not an http or https address", where=where, fix="For example http://localhost:8000/v1")
    if parts.username or parts.password:
        raise BadInput(
            "base_url holds a user name or a password",
            where=where,
            fix="Keys come from the environment: name the variable with `options: {key_env: NAME}`",
        )
    if parts.query or parts.fragment:
        raise BadInput(
            "base_url has a query or a fragment", where=where, fix="Give it up to its path: http://localhost:8000/v1"
        )
    if is_metadata(host):
        raise BadInput(
            f"base_url points at {host}, a machine's metadata service, which is no model server",
            where=where,
            fix="Give the address of a model server",
        )
    return text.rstrip("/")


def _is_host(name: str) -> bool:
    """A host name or an IP address in its usual form; the others (decimal, octal, hexadecimal) only serve to disguise one."""
    try:
        ipaddress.ip_address(name.partition("%")[0])
        return True
    except ValueError:
        pass
    try:
        socket.inet_aton(name)
        return False
    except OSError:
        # Labels of 1 to 63 characters (RFC 1035): what the resolver's own encoding would break on with others.
        return (
            len(name) < 255
            and re.fullmatch(r"([A-Za-z0-9_][A-Za-z0-9_-]{0,62}\.)*[A-Za-z0-9_][A-Za-z0-9_-]{0,62}\.?", name) is not None
        )


def _key_env(member: Member, default: str) -> str:
    name = member.options.get("key_env", default)
    if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)):
        # Not echoed: whoever mistakes this option for the key itself would see it in a log.
        raise BadInput(
            "key_env is not the name of an environment variable",
            where=f"cast: {member.model}: options",
            fix="Put the key into a variable and give that variable's name here, for example `key_env: MY_SERVER_KEY`; "
            "`key_env: none` for a server that asks for none",
        )
    return name
