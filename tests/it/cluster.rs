//! The control plane that other tests stand on is real: it takes what is right and refuses what is wrong.

use crate::support::cluster::Cluster;

#[test]
fn the_api_server_checks_objects() {
    let Some(cluster) = Cluster::shared("cluster") else { return };
    let nodes = cluster.kubectl(&["get", "nodes", "-o", "name"], "");
    assert_eq!(nodes, "", "there are no nodes");

    let mut connection = cluster.connect();
    let mut create = |text: &str| {
        let path = "/api/v1/namespaces/default/configmaps?dryRun=All&fieldValidation=Strict";
        let answer = connection.request("POST", path, "application/yaml", text.as_bytes());
        (answer.status(), String::from_utf8_lossy(&answer.body).into_owned())
    };
    let good = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {b: c}}";
    assert_eq!(create(good).0, 201);
    let (status, text) = create("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, dat: {b: c}}");
    assert!(status == 400 && text.contains("unknown field \\\"dat\\\""), "{status} {text}");
}
