"""One request at a time, looked at closely."""
import gzip
import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


def get(url, headers=()):
    """(status, body); a redirect is not followed, and an error is an answer."""
    request = urllib.request.Request(url, headers=dict(headers))
    try:
        with OPENER.open(request, timeout=120) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def sizes(url, headers=()):
    """The bytes of a page, plain and as it travels to a browser."""
    _, plain = get(url, headers)
    _, packed = get(url, {**dict(headers), "Accept-Encoding": "gzip"})
    if packed[:2] == b"\x1f\x8b" and len(gzip.decompress(packed)) < len(plain) / 2:
        raise SystemExit(f"{url} answers something else when it is asked for gzip")
    return len(plain), len(packed)


def sign_in(base, email, password):
    """Signs in as a browser does; the headers of a session."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar), NoRedirect)
    page = opener.open(base + "/sign-in", timeout=60).read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    if not token:
        raise SystemExit("the sign-in page has no form")
    form = urllib.parse.urlencode({"csrf_token": token.group(1), "email": email, "password": password, "next": "/"})
    try:
        opener.open(urllib.request.Request(base + "/sign-in", form.encode(), {"Origin": base}), timeout=60)
    except urllib.error.HTTPError as error:
        if error.code != 303:
            raise SystemExit(f"signing in was answered with {error.code}") from error
    cookies = [f"{cookie.name}={cookie.value}" for cookie in jar if cookie.name.endswith("quarterdeck")]
    if not cookies:
        raise SystemExit("signing in gave no session")
    return {"Cookie": "; ".join(cookies)}
