//! HTTP: `/metrics` for Prometheus, `/healthz` for whoever restarts programs that hang.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use prometheus::{Registry, TextEncoder};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing::{debug, error, warn};

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long answers that are under way may take when the program ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at once; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 64;

/// Answers until `stop` is done, and then what is under way.
pub async fn serve(listener: TcpListener, registry: Registry, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accept => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors, mostly: some will be free again.
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let registry = registry.clone();
        let service = service_fn(move |request| {
            let answer = answer(&registry, &request);
            async { Ok::<_, Infallible>(answer) }
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "connection");
            }
            drop(place);
        });
    }
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        warn!("connections were cut");
    }
}

fn answer(registry: &Registry, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, body) = route(registry, request.method(), request.uri().path());
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let kind = if status == StatusCode::OK { prometheus::TEXT_FORMAT } else { "text/plain; charset=utf-8" };
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}

fn route(registry: &Registry, method: &Method, path: &str) -> (StatusCode, String) {
    if method != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
    }
    match path {
        "/metrics" => match TextEncoder::new().encode_to_string(&registry.gather()) {
            Ok(text) => (StatusCode::OK, text),
            Err(error) => {
                error!(%error, "cannot write the metrics");
                (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n"))
            }
        },
        "/healthz" => (StatusCode::OK, "ok\n".to_owned()),
        "/" => (StatusCode::OK, "@NAME@: see /metrics\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "not found: there are /metrics and /healthz\n".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use prometheus::IntGauge;

    use super::*;

    #[test]
    fn routes() {
        let registry = Registry::new();
        registry.register(Box::new(IntGauge::new("answer", "A metric.").unwrap())).unwrap();
        let status = |method, path| route(&registry, &method, path).0.as_u16();
        assert!(route(&registry, &Method::GET, "/metrics").1.ends_with("\nanswer 0\n"));
        assert_eq!(status(Method::GET, "/healthz"), 200);
        assert_eq!(status(Method::GET, "/"), 200);
        assert_eq!(status(Method::GET, "/nothing"), 404);
        assert_eq!(status(Method::POST, "/metrics"), 405);
    }

    #[tokio::test]
    async fn it_answers_until_it_is_stopped() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let server = serve(listener, Registry::new(), async { stopped.await.unwrap() });
        let client = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            stop.send(()).unwrap();
            text
        });
        server.await;
        let text = client.await.unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("\r\n\r\nok\n"), "{text}");
    }
}
