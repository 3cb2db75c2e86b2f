//! The page at `/`: what this is and where to write.

const TEXT: &str = "\
obsctl receive: a Prometheus remote-write receiver (1.0 and 2.0)

  POST /api/v1/write   remote write (also /receive, /api/v1/push, /api/prom/push)
  GET  /metrics        own metrics, OpenMetrics
  GET  /-/healthy      200 while the process runs
  GET  /-/ready        200 while requests can be accepted, else 503
";

const HTML: &str = "\
<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>obsctl receive</title>
<h1>obsctl receive</h1>
<p>A Prometheus remote-write receiver (1.0 and 2.0).</p>
<ul>
<li><code>POST /api/v1/write</code>: remote write (also <code>/receive</code>, <code>/api/v1/push</code>,
<code>/api/prom/push</code>)</li>
<li><a href=\"/metrics\">/metrics</a>: own metrics, OpenMetrics</li>
<li><a href=\"/-/healthy\">/-/healthy</a>: 200 while the process runs</li>
<li><a href=\"/-/ready\">/-/ready</a>: 200 while requests can be accepted, else 503</li>
</ul>
</html>
";

/// Content type and text, HTML for who asks for it.
pub(crate) fn page(accept: Option<&str>) -> (&'static str, &'static str) {
    match accept {
        Some(accept) if accept.contains("text/html") => ("text/html; charset=utf-8", HTML),
        _ => (super::answer::TEXT, TEXT),
    }
}
