//! Kubernetes' own kinds, from its OpenAPI definitions, with what the API server checks beyond them.

use std::fmt::Write as _;

use serde_json::Value;

use super::Error;
use super::emit::{Emitter, OBJECT_META, choices_of, deprecated, keys_of};

/// The kinds that have tables.
const KINDS: [(&str, &str); 27] = [
    ("v1", "ConfigMap"),
    ("v1", "Endpoints"),
    ("v1", "Event"),
    ("v1", "Namespace"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Pod"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
    ("coordination.k8s.io/v1", "Lease"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    ("events.k8s.io/v1", "Event"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("policy/v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
];

/// What the API server allows for a field, which the definitions leave out: definition, field, words of the tables.
/// Held against the server by `tests/it/k8s_schema.rs`.
const BOUNDS: [(&str, &str, &str); 53] = [
    ("core.v1.Container", "imagePullPolicy", "{Always|IfNotPresent|Never}"),
    ("core.v1.Container", "terminationMessagePolicy", "{FallbackToLogsOnError|File}"),
    ("core.v1.ContainerPort", "containerPort", "min=1 max=65535"),
    ("core.v1.ContainerPort", "hostPort", "min=0 max=65535"),
    ("core.v1.ContainerPort", "protocol", "{SCTP|TCP|UDP}"),
    ("core.v1.EndpointPort", "protocol", "{SCTP|TCP|UDP}"),
    ("core.v1.HTTPGetAction", "scheme", "{HTTP|HTTPS}"),
    ("core.v1.NodeSelectorRequirement", "operator", "{DoesNotExist|Exists|Gt|In|Lt|NotIn}"),
    ("core.v1.PersistentVolumeClaimSpec", "volumeMode", "{Block|Filesystem}"),
    ("core.v1.PodSpec", "dnsPolicy", "{ClusterFirst|ClusterFirstWithHostNet|Default|None}"),
    ("core.v1.PodSpec", "restartPolicy", "{Always|Never|OnFailure}"),
    ("core.v1.Probe", "failureThreshold", "min=0"),
    ("core.v1.Probe", "initialDelaySeconds", "min=0"),
    ("core.v1.Probe", "periodSeconds", "min=0"),
    ("core.v1.Probe", "successThreshold", "min=0"),
    ("core.v1.Probe", "timeoutSeconds", "min=0"),
    ("core.v1.ServicePort", "port", "min=1 max=65535"),
    ("core.v1.ServicePort", "protocol", "{SCTP|TCP|UDP}"),
    ("core.v1.ServiceSpec", "externalTrafficPolicy", "{Cluster|Local}"),
    ("core.v1.ServiceSpec", "internalTrafficPolicy", "{Cluster|Local}"),
    ("core.v1.ServiceSpec", "ipFamilyPolicy", "{PreferDualStack|RequireDualStack|SingleStack}"),
    ("core.v1.ServiceSpec", "sessionAffinity", "{ClientIP|None}"),
    ("core.v1.ServiceSpec", "type", "{ClusterIP|ExternalName|LoadBalancer|NodePort}"),
    ("core.v1.Toleration", "effect", "{NoExecute|NoSchedule|PreferNoSchedule}"),
    ("core.v1.TopologySpreadConstraint", "whenUnsatisfiable", "{DoNotSchedule|ScheduleAnyway}"),
    ("apps.v1.DaemonSetUpdateStrategy", "type", "{OnDelete|RollingUpdate}"),
    ("apps.v1.DeploymentSpec", "replicas", "min=0"),
    ("apps.v1.DeploymentStrategy", "type", "{Recreate|RollingUpdate}"),
    ("apps.v1.ReplicaSetSpec", "replicas", "min=0"),
    ("apps.v1.StatefulSetSpec", "podManagementPolicy", "{OrderedReady|Parallel}"),
    ("apps.v1.StatefulSetSpec", "replicas", "min=0"),
    ("apps.v1.StatefulSetUpdateStrategy", "type", "{OnDelete|RollingUpdate}"),
    ("autoscaling.v2.HorizontalPodAutoscalerSpec", "maxReplicas", "min=1"),
    ("autoscaling.v2.MetricSpec", "type", "{ContainerResource|External|Object|Pods|Resource}"),
    ("autoscaling.v2.MetricTarget", "type", "{AverageValue|Utilization|Value}"),
    ("batch.v1.CronJobSpec", "concurrencyPolicy", "{Allow|Forbid|Replace}"),
    ("batch.v1.JobSpec", "completionMode", "{Indexed|NonIndexed}"),
    ("discovery.v1.EndpointSlice", "addressType", "{FQDN|IPv4|IPv6}"),
    ("networking.v1.HTTPIngressPath", "pathType", "{Exact|ImplementationSpecific|Prefix}"),
    ("networking.v1.NetworkPolicyPort", "protocol", "{SCTP|TCP|UDP}"),
    ("meta.v1.LabelSelectorRequirement", "operator", "{DoesNotExist|Exists|In|NotIn}"),
    ("apiextensions.v1.CustomResourceDefinitionSpec", "scope", "{Cluster|Namespaced}"),
    ("apiextensions.v1.CustomResourceConversion", "strategy", "{None|Webhook}"),
    ("apps.v1.DeploymentSpec", "minReadySeconds", "min=0"),
    ("autoscaling.v2.HPAScalingPolicy", "type", "{Percent|Pods}"),
    ("autoscaling.v2.HPAScalingRules", "selectPolicy", "{Disabled|Max|Min}"),
    ("batch.v1.JobSpec", "podReplacementPolicy", "{Failed|TerminatingOrFailed}"),
    ("batch.v1.PodFailurePolicyRule", "action", "{Count|FailIndex|FailJob|Ignore}"),
    ("core.v1.PodSpec", "containers", "min=1"),
    ("core.v1.VolumeMount", "mountPropagation", "{Bidirectional|HostToContainer|None}"),
    ("policy.v1.PodDisruptionBudgetSpec", "unhealthyPodEvictionPolicy", "{AlwaysAllow|IfHealthyBudget}"),
    ("rbac.v1.PolicyRule", "verbs", "min=1"),
    ("rbac.v1.Subject", "kind", "{Group|ServiceAccount|User}"),
];

/// Fields that the definitions call required and the API server does not ask for.
const NOT_REQUIRED: [(&str, &str); 6] = [
    ("apiextensions.v1.CustomResourceDefinitionVersion", "served"),
    ("apiextensions.v1.WebhookConversion", "conversionReviewVersions"),
    ("batch.v1.PodFailurePolicy", "rules"),
    ("core.v1.Event", "involvedObject"),
    ("core.v1.HTTPHeader", "value"),
    ("discovery.v1.ForZone", "name"),
];

/// Fields that the API server reads and does not look into, some because their feature is off by default.
const UNCHECKED: [(&str, &str); 2] =
    [("autoscaling.v2.MetricIdentifier", "selector"), ("core.v1.VolumeProjection", "podCertificate")];

pub(super) fn emit(swagger: &Value, emitter: &mut Emitter) -> Result<(), Error> {
    let definitions = &swagger["definitions"];
    named(OBJECT_META, definitions, emitter)?;
    for (group_version, kind) in KINDS {
        let (group, version) = group_version.rsplit_once('/').unwrap_or(("", group_version));
        let is_it = |gvk: &Value| gvk["group"] == group && gvk["version"] == version && gvk["kind"] == kind;
        let name = definitions.as_object().into_iter().flatten().find_map(|(name, definition)| {
            let kinds = definition["x-kubernetes-group-version-kind"].as_array()?;
            kinds.iter().any(is_it).then_some(name)
        });
        let name = name.ok_or_else(|| format!("no definition of {group_version} {kind}"))?;
        let node = named(name, definitions, emitter)?;
        emitter.kind("core", group_version, kind, node);
    }
    Ok(())
}

/// The node of a named definition.
fn named(name: &str, definitions: &Value, emitter: &mut Emitter) -> Result<usize, Error> {
    let short = name.rsplit('.').next().unwrap_or(name);
    let scalar = match short {
        "Quantity" => Some("quantity"),
        "IntOrString" => Some("ios"),
        "Time" => Some("str time"),
        "MicroTime" => Some("str microtime"),
        "FieldsV1" | "RawExtension" | "JSON" => Some("any"),
        "JSONSchemaPropsOrArray" | "JSONSchemaPropsOrBool" | "JSONSchemaPropsOrStringArray" => Some("any"),
        _ => None,
    };
    if let Some(line) = scalar {
        return Ok(emitter.node(line.to_owned()));
    }
    let id = match emitter.named(name) {
        Ok(id) => return Ok(id),
        Err(id) => id,
    };
    let definition = &definitions[name];
    let required: Vec<&str> =
        definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut line = String::from("obj");
    for (field, schema) in definition["properties"].as_object().into_iter().flatten() {
        let is_field = |of: &str, wanted: &str| wanted == field && name.ends_with(&format!(".{of}"));
        let bounds = BOUNDS.iter().find(|(of, wanted, _)| is_field(of, wanted)).map(|(_, _, words)| *words);
        let node = schema_node(schema, bounds, definitions, emitter)?;
        let _ = write!(line, " {field}:{node}");
        if required.contains(&field.as_str()) && !NOT_REQUIRED.iter().any(|(of, wanted)| is_field(of, wanted))
        {
            line.push('!');
        }
        if UNCHECKED.iter().any(|(of, wanted)| is_field(of, wanted)) {
            line.push('?');
        }
        if deprecated(field, schema) {
            line.push('~');
        }
    }
    emitter.define(id, line);
    Ok(id)
}

fn schema_node(
    schema: &Value,
    bounds: Option<&str>,
    definitions: &Value,
    emitter: &mut Emitter,
) -> Result<usize, Error> {
    if let Some(reference) = schema["$ref"].as_str() {
        return named(reference.trim_start_matches("#/definitions/"), definitions, emitter);
    }
    let mut line = match (schema["type"].as_str(), schema["format"].as_str()) {
        (None, _) => "any".to_owned(),
        (Some("boolean"), _) => "bool".to_owned(),
        (Some("integer"), Some("int32")) => "int 32".to_owned(),
        (Some("integer"), _) => "int 64".to_owned(),
        (Some("number"), _) => "num".to_owned(),
        (Some("string"), Some("byte")) => "str byte".to_owned(),
        (Some("string"), _) => "str".to_owned(),
        (Some("array"), _) => format!("list {}", schema_node(&schema["items"], None, definitions, emitter)?),
        (Some("object"), _) => match schema.get("additionalProperties") {
            Some(values) => format!("map {}", schema_node(values, None, definitions, emitter)?),
            None => "obj *".to_owned(),
        },
        (Some(other), _) => return Err(format!("type {other}").into()),
    };
    keys_of(schema, &mut line);
    if let Some(bounds) = bounds {
        line.push(' ');
        line.push_str(bounds);
    }
    let choices: Vec<_> = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|value| (value, None, None))
        .collect();
    choices_of(&choices, &mut line)?;
    Ok(emitter.node(line))
}
