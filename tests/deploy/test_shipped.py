"""What a deployment is told, judged without a cluster: the image, the composition, the chart."""

import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from helm_python import lint
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from deploy.rendered import SIZES, rendered
from services.assessment.settings import AssessmentSettings
from services.chassis.serve import GRACE_SECONDS
from services.chassis.settings import UnreadableSettings, expect_safe, read_settings
from services.coordination.settings import CoordinationSettings
from services.followup.settings import FollowupSettings
from services.localization.settings import LocalizationSettings
from workflows import policies
from workflows.contract import TASK_QUEUE
from workflows.settings import WorkflowSettings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm"
KUBERNETES = "1.34"
SETTINGS: dict[str, tuple[Any, str]] = {
    "assessment": (AssessmentSettings, "TIO_ASSESSMENT"),
    "localization": (LocalizationSettings, "TIO_LOCALIZATION"),
    "followup": (FollowupSettings, "TIO_FOLLOWUP"),
    "coordination": (CoordinationSettings, "TIO_COORDINATION"),
    "worker": (WorkflowSettings, "TIO_WORKFLOWS"),
}
SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
OWN_SCHEMAS = {
    "ScaledObject": Draft202012Validator(
        json.loads(Path(__file__).with_name("scaled_object.schema.json").read_text())
    )
}
"""Kinds that an extension brings; their schema is not among Kubernetes' own."""


def environments(documents: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """What each process of the chart is told: no secret among it."""
    told = {}
    for document in documents:
        if document["kind"] == "Deployment":
            container = document["spec"]["template"]["spec"]["containers"][0]
            told[container["name"]] = {one["name"]: one["value"] for one in container["env"]}
    return told


def test_the_image_is_built_as_good_custom_asks() -> None:
    judged = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), DEPLOY / "Dockerfile"],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert judged.returncode == 0, judged.stdout


def test_the_image_is_told_of_every_folder_it_needs() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    needed = {name.rstrip("*") for name in packages["packages"]["find"]["include"]}

    assert copied == needed
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert needed <= {line[1:] for line in ignored if line.startswith("!")}


@pytest.mark.parametrize("process", SETTINGS)
def test_what_a_process_of_the_composition_is_told_it_understands(process: str) -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    model, prefix = SETTINGS[process]
    settings = read_settings(model, prefix, services[process]["environment"])

    expect_safe(settings, prefix)
    assert (settings.host, settings.port) == ("0.0.0.0", 8080)


@pytest.mark.parametrize("process", SETTINGS)
def test_what_a_process_of_the_chart_is_told_it_understands(process: str, tmp_path: Path) -> None:
    (tmp_path / process).write_text(f"postgresql://tio_app:k3jD9-xkeLw0aPz@db/{process}")
    told = environments(rendered())[process]
    model, prefix = SETTINGS[process]
    mounted = {name: value.replace("/databases", f"{tmp_path}") for name, value in told.items()}
    settings = read_settings(model, prefix, mounted)

    expect_safe(settings, prefix)
    with pytest.raises(UnreadableSettings):
        expect_safe(settings.model_copy(update={"private_network": False}), prefix)
    assert (settings.host, settings.port) == ("0.0.0.0", 8080)


def pod_of(name: str, documents: list[dict[str, Any]]) -> dict[str, Any]:
    """What the pods of this process are made of."""
    (pod,) = (
        document["spec"]["template"]["spec"]
        for document in documents
        if document["kind"] == "Deployment" and document["metadata"]["name"] == name
    )
    return dict(pod)


def test_who_was_forgotten_is_written_down_where_a_restore_finds_it() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    composed = services["coordination"]
    log = Path(composed["environment"]["TIO_COORDINATION_ERASURE_LOG"])
    assert f"erasures:{log.parent}" in composed["volumes"]
    assert f" {log.parent}\n" in (DEPLOY / "Dockerfile").read_text(), "its volume is ours to write"

    charted = rendered()
    log = Path(environments(charted)["coordination"]["TIO_COORDINATION_ERASURE_LOG"])
    pod = pod_of("coordination", charted)
    mounted = {one["mountPath"]: one for one in pod["containers"][0]["volumeMounts"]}
    volume = mounted[str(log.parent)]
    assert not volume.get("readOnly")
    claims = {one["name"]: one.get("persistentVolumeClaim") for one in pod["volumes"]}
    assert claims[volume["name"]] == {"claimName": "tio-erasures"}
    for process in SETTINGS.keys() - {"coordination"}:
        assert all(
            "secret" in one or "emptyDir" in one for one in pod_of(process, charted)["volumes"]
        )

    without = environments(rendered(erasures={"claim": ""}))["coordination"]
    assert "TIO_COORDINATION_ERASURE_LOG" not in without


def test_whatever_can_be_set_can_be_set_through_the_chart() -> None:
    more = {"coordination": {"SMTP_HOST": "mail", "SMTP_PORT": 587}, "worker": {"BUILD_ID": "0.2"}}
    changed = rendered(settings=more, secrets={"mail": "tio-mail"})
    told = environments(changed)

    assert told["coordination"]["TIO_COORDINATION_SMTP_HOST"] == "mail"
    assert told["coordination"]["TIO_COORDINATION_SMTP_PORT"] == "587"
    assert told["worker"]["TIO_WORKFLOWS_BUILD_ID"] == "0.2"
    password = Path(told["coordination"]["TIO_COORDINATION_SMTP_PASSWORD_FILE"])
    pod = pod_of("coordination", changed)
    mounted = {one["mountPath"]: one["name"] for one in pod["containers"][0]["volumeMounts"]}
    secrets = {one["name"]: one["secret"] for one in pod["volumes"] if "secret" in one}
    assert secrets[mounted[str(password.parent)]]["secretName"] == "tio-mail"
    for document in changed:
        if document["kind"] == "Deployment":
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_every_password_of_the_composition_is_asked_for_and_none_is_given() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
    example = dict(
        line.split("=", 1)
        for line in (DEPLOY / "env.example").read_text().splitlines()
        if line and not line.startswith("#")
    )

    assert asked <= example.keys()
    assert all(example[name] == "" for name in asked)


def test_the_composition_is_to_be_reached_from_this_machine_alone() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["mem_limit"], name
        for port in service.get("ports", ()):
            assert port.startswith(("127.0.0.1:", "${TIO_LISTEN:-127.0.0.1}:")), name


def test_the_chart_is_sound() -> None:
    judged = lint(CHART)

    assert not judged["errors"]


@pytest.mark.parametrize("size", SIZES)
def test_kubernetes_accepts_what_the_chart_makes(size: str) -> None:
    traced = {"url": "http://collector:4318/v1/traces", "share": "0.1"}
    documents = rendered(*SIZES[size], traces=traced)

    kinds = Counter(document["kind"] for document in documents)
    assert kinds["Deployment"] == kinds["Service"] == kinds["PodDisruptionBudget"] == 5
    assert kinds["HorizontalPodAutoscaler"] + kinds["ScaledObject"] == 5
    assert (kinds["Job"], kinds["NetworkPolicy"], kinds["Ingress"]) == (1, 2, 1)
    for document in documents:
        own = OWN_SCHEMAS.get(document["kind"])
        if own is None:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
        else:
            own.validate(document)


def least(document: dict[str, Any]) -> int:
    """How many of a process there are at least, as who scales it is told."""
    limits = document["spec"]
    return int(limits.get("minReplicas") or limits["minReplicaCount"])


def test_a_small_one_asks_for_less_and_a_large_one_for_more() -> None:
    asked = {
        size: sum(least(one) for one in rendered(*files) if one["kind"] in SCALERS)
        for size, files in SIZES.items()
    }

    assert asked["small"] < asked["usual"] < asked["large"]


@pytest.mark.parametrize("size", SIZES)
def test_an_upgrade_does_not_take_back_what_the_load_asked_for(size: str) -> None:
    documents = rendered(*SIZES[size])

    scaled = {one["metadata"]["name"] for one in documents if one["kind"] in SCALERS}
    for document in documents:
        if document["kind"] == "Deployment":
            assert document["metadata"]["name"] in scaled
            assert "replicas" not in document["spec"], "who scales says how many there are"


def test_nothing_goes_in_or_out_but_what_is_named() -> None:
    closed, mail = (one["spec"] for one in rendered() if one["kind"] == "NetworkPolicy")

    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert [rule["ports"] for rule in closed["ingress"]] == [[{"protocol": "TCP", "port": 8080}]]
    assert all(rule["to"] for rule in closed["egress"]), "nowhere is everywhere"
    out = {port["port"] for rule in closed["egress"] for port in rule["ports"]}
    assert out == {8080, 7233, 5432, 53}
    assert mail["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "coordination"
    assert {port["port"] for rule in mail["egress"] for port in rule["ports"]} == {443, 25, 587}


def test_what_is_written_wrong_is_noticed() -> None:
    deployment = next(one for one in rendered() if one["kind"] == "Deployment")
    deployment["spec"]["replicas"] = "two"

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, KUBERNETES, strict=True)


def test_no_process_is_root_or_writes_to_its_image() -> None:
    pods = [
        document["spec"]["template"]["spec"]
        for document in rendered()
        if document["kind"] in ("Deployment", "Job")
    ]
    assert len(pods) == len(SETTINGS) + 1
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


def test_each_process_is_given_its_own_secrets_as_files_and_no_others() -> None:
    given = {}
    for document in rendered():
        if document["kind"] in ("Deployment", "Job"):
            volumes = document["spec"]["template"]["spec"]["volumes"]
            secrets = [volume["secret"] for volume in volumes if "secret" in volume]
            assert all(secret["defaultMode"] == 0o440 for secret in secrets)
            name = document["metadata"]["labels"]["app.kubernetes.io/component"]
            given[name] = {item["key"] for secret in secrets for item in secret["items"]}

    assert given == {
        "assessment": {"jwks.json", "assessment"},
        "localization": {"jwks.json", "localization"},
        "followup": {"jwks.json", "signing-key.json", "followup"},
        "coordination": {"jwks.json", "signing-key.json", "payload-keys.json", "coordination"},
        "worker": {"signing-key.json", "payload-keys.json"},
        "migrate": {"assessment", "localization", "followup", "coordination"},
    }


def test_who_is_told_to_end_has_time_and_nobody_sends_it_more() -> None:
    for document in rendered():
        if document["kind"] == "Deployment":
            assert document["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
            pod = document["spec"]["template"]["spec"]
            waits = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
            slowest = max(policies.SLOWEST_LEAVE.total_seconds(), GRACE_SECONDS)
            assert waits + 2 * slowest <= pod["terminationGracePeriodSeconds"]


def test_workers_follow_the_queue_where_keda_is_there() -> None:
    large = rendered("values-large.yaml")

    scaled = next(one for one in large if one["kind"] == "ScaledObject")
    wrong = scaled | {"spec": scaled["spec"] | {"minReplicas": 2}}
    assert OWN_SCHEMAS["ScaledObject"].is_valid(scaled)
    assert not OWN_SCHEMAS["ScaledObject"].is_valid(wrong)
    assert scaled["spec"]["triggers"][0]["metadata"]["taskQueue"] == TASK_QUEUE
    by_cpu = {one["metadata"]["name"] for one in large if one["kind"] == "HorizontalPodAutoscaler"}
    assert "worker" not in by_cpu
