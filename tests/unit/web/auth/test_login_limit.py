"""The limit of password tries, and the form in which a password is kept."""

import re

import pytest

from babycryd.web.auth.login_limit import LoginLimit
from babycryd.web.auth.passwords import hash_of, is_hash, is_right
from tests.support.serving import HASH, PASSWORD


def test_passwords_are_kept_as_argon2id() -> None:
    assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", HASH)
    assert is_hash(HASH)
    assert not is_hash(PASSWORD)
    assert hash_of(PASSWORD) != HASH  # salted
    assert is_right(PASSWORD, HASH)
    assert not is_right("wrong", HASH)
    assert not is_right(PASSWORD, "$argon2id$v=19$broken")


def test_tries_come_back_with_time_and_one_does_not_use_up_anothers() -> None:
    limit = LoginLimit()
    assert [limit.take("a", 0.0) > 0 for _ in range(6)] == [False] * 5 + [True]
    assert limit.wait_s("b", 0.0) == limit.take("b", 0.0) == 0
    assert limit.wait_s("a", 29.0) == limit.take("a", 29.0) == pytest.approx(1.0)
    assert limit.take("a", 30.0) == 0
    limit.reset("a")
    assert [limit.take("a", 31.0) > 0 for _ in range(6)] == [False] * 5 + [True]
    many = LoginLimit()
    assert sum(many.take(f"10.0.0.{n}", 0.0) == 0 for n in range(200)) == 40  # of all new addresses together


def test_a_careless_network_leaves_the_owner_his_tries() -> None:
    limit = LoginLimit()
    limit.reset("phone")
    for at_s in range(600):  # twenty devices that try a wrong password every second for ten minutes
        for n in range(20):
            limit.take(f"10.0.0.{n}", float(at_s))
    assert [limit.take("owner", 600.0) > 0 for _ in range(6)] == [False] * 5 + [True]
    crowd = sum(limit.take(f"10.9.{n // 250}.{n % 250}", 600.0) == 0 for n in range(5000))
    assert crowd <= 40
    assert limit.take("stranger", 600.0) > 0  # an attack from thousands of addresses does lock new ones out
    assert limit.take("phone", 600.0) == 0  # but not one that had the right password


def test_a_careless_ipv6_network_leaves_its_owner_his_tries_and_others_theirs() -> None:
    limit = LoginLimit()
    for at_s in range(60):
        for n in range(1, 21):
            limit.take(f"fe80::{n:x}", float(at_s))
    assert [limit.take("fe80::99", 60.0) > 0 for _ in range(6)] == [False] * 5 + [True]
    hostile = LoginLimit()  # thousands of addresses of one network
    assert sum(hostile.take(f"2001:db8::{n:x}", 0.0) == 0 for n in range(5000)) == 24
    assert [hostile.take(each, 0.0) for each in ("2001:db8:0:1::1", "10.0.0.1")] == [0, 0]
