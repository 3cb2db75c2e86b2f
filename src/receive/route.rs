//! Which path answers what.

use hyper::Method;

/// Paths that take remote write; the first is the one we tell people.
pub const WRITE_PATHS: [&str; 4] = ["/api/v1/write", "/receive", "/api/v1/push", "/api/prom/push"];

const PAGES: &str = "GET, HEAD";
const WRITES: &str = "POST";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    Write,
    /// Old vmagents ask by `GET …?get_vm_proto_version=1` whether zstd is understood; the answer is `1`.
    Handshake,
    Page,
    Metrics,
    Healthy,
    Ready,
    /// The path is right, the method is not: these are allowed.
    Method(&'static str),
    Unknown,
}

pub(crate) fn route(method: &Method, path: &str, query: Option<&str>) -> Route {
    if WRITE_PATHS.contains(&path) {
        let asks =
            || query.is_some_and(|query| query.split('&').any(|pair| pair == "get_vm_proto_version=1"));
        return match *method {
            Method::POST => Route::Write,
            Method::GET if asks() => Route::Handshake,
            _ => Route::Method(WRITES),
        };
    }
    let page = match path {
        "/" => Route::Page,
        "/metrics" => Route::Metrics,
        "/-/healthy" => Route::Healthy,
        "/-/ready" => Route::Ready,
        _ => return Route::Unknown,
    };
    if matches!(*method, Method::GET | Method::HEAD) { page } else { Route::Method(PAGES) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(request: &str, expect: Route) {
        let (method, target) = request.split_once(' ').unwrap();
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        assert_eq!(route(&method.parse().unwrap(), path, query), expect, "{request}");
    }

    #[test]
    fn writes_go_to_four_paths_by_post_only() {
        for path in WRITE_PATHS {
            check(&format!("POST {path}"), Route::Write);
            check(&format!("POST {path}?x=y"), Route::Write);
            for method in ["GET", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH"] {
                check(&format!("{method} {path}"), Route::Method("POST"));
            }
        }
        check("POST /api/v1/write/", Route::Unknown);
        check("POST /API/v1/write", Route::Unknown);
        check("POST /insert/0/prometheus", Route::Unknown);
    }

    #[test]
    fn old_vmagent_handshake() {
        check("GET /api/v1/write?get_vm_proto_version=1", Route::Handshake);
        check("GET /api/v1/write?a=b&get_vm_proto_version=1", Route::Handshake);
        check("GET /api/v1/write?get_vm_proto_version=2", Route::Method("POST"));
        check("GET /?get_vm_proto_version=1", Route::Page);
    }

    #[test]
    fn pages_are_read_only() {
        check("GET /", Route::Page);
        check("HEAD /metrics", Route::Metrics);
        check("GET /-/healthy", Route::Healthy);
        check("GET /-/ready", Route::Ready);
        check("POST /metrics", Route::Method("GET, HEAD"));
        check("GET /favicon.ico", Route::Unknown);
    }
}
