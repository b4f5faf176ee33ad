//! The scripts for engines that run a command many times.

use serde_yaml_ng::Value;

use super::{SWEPT, everything, sweep};
use crate::desk::Desk;

fn script(desk: &Desk, engine: &str) -> String {
    let arguments =
        format!("--emit {engine} --shards 4 --threads 2 --out runs/far --grid seed=[0,1,2]");
    let script = sweep(desk, &arguments).fine().stdout;
    assert!(!desk.has("runs"), "nothing is run");
    script
}

#[test]
fn the_slurm_script_says_what_a_cluster_needs() {
    let desk = Desk::with(SWEPT);
    let script = script(&desk, "slurm");
    for line in [
        "#SBATCH --array=0-3",
        "#SBATCH --cpus-per-task=2",
        "#SBATCH --signal=B:TERM@120",
        "#SBATCH --requeue",
        "#SBATCH --open-mode=append",
    ] {
        assert!(script.lines().any(|own| own == line), "{line}: {script}");
    }
    assert!(
        script.contains("afterany:") && !script.contains("=afterok"),
        "{script}"
    );
    assert!(script.contains("vgrad gather runs/far"));
    let last = script.lines().last().unwrap();
    assert_eq!(
        last,
        "exec vgrad sweep trial.toml --grid 'seed=[0,1,2]' \
         --shard \"$SLURM_ARRAY_TASK_ID/4\" --out runs/far"
    );
    let too_many = sweep(&desk, "--emit slurm --shards 1001");
    assert_eq!(too_many.code, Some(2));
    assert!(
        too_many.stderr.contains("fewer --shards"),
        "{}",
        too_many.stderr
    );
}

/// What runs a command line by line runs the sweep.
#[cfg(unix)]
#[test]
fn the_lines_run_in_any_order_are_the_sweep() {
    let desk = Desk::with(SWEPT);
    let lines = script(&desk, "lines");
    assert_eq!(lines.lines().count(), 4);
    let program = env!("CARGO_BIN_EXE_vgrad");
    for line in lines.lines().rev() {
        let line = line.replacen("vgrad", program, 1);
        let status = std::process::Command::new("sh")
            .args(["-c", &line])
            .current_dir(desk.path("."))
            .output()
            .unwrap();
        assert!(status.status.success(), "{line}: {status:?}");
    }
    desk.vgrad(["gather", "runs/far", "--strict"]).fine();
    sweep(&desk, "--grid seed=[0,1,2] --out whole").fine();
    assert_eq!(everything(&desk, "runs/far"), everything(&desk, "whole"));
}

/// Names of the fields of some objects of a Job, from the reference of the Kubernetes API,
/// batch/v1 and core/v1, of 1.33.
const FIELDS: &[(&str, &[&str])] = &[
    ("", &["apiVersion", "kind", "metadata", "spec", "status"]),
    (
        "metadata",
        &["annotations", "generateName", "labels", "name", "namespace"],
    ),
    (
        "spec",
        &[
            "activeDeadlineSeconds",
            "backoffLimit",
            "backoffLimitPerIndex",
            "completionMode",
            "completions",
            "managedBy",
            "manualSelector",
            "maxFailedIndexes",
            "parallelism",
            "podFailurePolicy",
            "podReplacementPolicy",
            "selector",
            "successPolicy",
            "suspend",
            "template",
            "ttlSecondsAfterFinished",
        ],
    ),
    ("spec.podFailurePolicy", &["rules"]),
    (
        "spec.podFailurePolicy.rules",
        &["action", "onExitCodes", "onPodConditions"],
    ),
    (
        "spec.podFailurePolicy.rules.onExitCodes",
        &["containerName", "operator", "values"],
    ),
    (
        "spec.podFailurePolicy.rules.onPodConditions",
        &["status", "type"],
    ),
    ("spec.template", &["metadata", "spec"]),
    (
        "spec.template.spec",
        &[
            "affinity",
            "containers",
            "initContainers",
            "nodeSelector",
            "restartPolicy",
            "securityContext",
            "serviceAccountName",
            "terminationGracePeriodSeconds",
            "tolerations",
            "volumes",
        ],
    ),
    (
        "spec.template.spec.containers",
        &[
            "args",
            "command",
            "env",
            "envFrom",
            "image",
            "imagePullPolicy",
            "name",
            "resources",
            "securityContext",
            "volumeMounts",
            "workingDir",
        ],
    ),
    (
        "spec.template.spec.containers.env",
        &["name", "value", "valueFrom"],
    ),
    (
        "spec.template.spec.containers.resources",
        &["claims", "limits", "requests"],
    ),
    (
        "spec.template.spec.containers.resources.requests",
        &["cpu", "memory", "ephemeral-storage"],
    ),
    (
        "spec.template.spec.containers.volumeMounts",
        &["mountPath", "name", "readOnly", "subPath"],
    ),
    (
        "spec.template.spec.volumes",
        &[
            "configMap",
            "emptyDir",
            "hostPath",
            "name",
            "nfs",
            "persistentVolumeClaim",
        ],
    ),
    (
        "spec.template.spec.volumes.persistentVolumeClaim",
        &["claimName", "readOnly"],
    ),
];

/// That every object has fields of the API alone.
fn has_known_fields(value: &Value, path: &str) {
    if let Some(items) = value.as_sequence() {
        items.iter().for_each(|item| has_known_fields(item, path));
    }
    let Some(fields) = value.as_mapping() else {
        return;
    };
    let known = FIELDS.iter().find(|(known, _)| *known == path);
    let (_, known) = known.unwrap_or_else(|| panic!("no object at {path}"));
    for (name, inner) in fields {
        let name = name.as_str().unwrap();
        assert!(known.contains(&name), "{path} has no field {name}");
        has_known_fields(inner, format!("{path}.{name}").trim_start_matches('.'));
    }
}

#[test]
fn the_manifest_is_an_indexed_job_of_the_api() {
    let desk = Desk::with(SWEPT);
    let job: Value = serde_yaml_ng::from_str(&script(&desk, "kubernetes")).unwrap();
    has_known_fields(&job, "");
    assert_eq!(
        (&job["apiVersion"], &job["kind"]),
        (&"batch/v1".into(), &"Job".into())
    );
    let spec = &job["spec"];
    // What backoffLimitPerIndex asks for.
    assert_eq!(spec["completionMode"], "Indexed");
    assert!(spec["backoffLimitPerIndex"].is_u64());
    for count in ["completions", "parallelism", "maxFailedIndexes"] {
        assert_eq!(spec[count], 4, "{count}");
    }
    let pod = &spec["template"]["spec"];
    // What podFailurePolicy asks for.
    assert_eq!(pod["restartPolicy"], "Never");
    let container = &pod["containers"][0];
    let mut counted = Vec::new();
    for rule in spec["podFailurePolicy"]["rules"].as_sequence().unwrap() {
        let action = rule["action"].as_str().unwrap();
        assert!(["Count", "FailIndex", "FailJob", "Ignore"].contains(&action));
        let codes = &rule["onExitCodes"];
        assert_ne!(
            codes.is_null(),
            rule["onPodConditions"].is_null(),
            "one of the two"
        );
        if !codes.is_null() {
            assert_eq!(
                (&codes["containerName"], &codes["operator"]),
                (&container["name"], &"In".into())
            );
            let codes = codes["values"].as_sequence().unwrap();
            counted.extend(
                codes
                    .iter()
                    .map(|code| (code.as_u64().unwrap(), action.to_owned())),
            );
        }
    }
    // A mistake is not tried again, a shard that was stopped is.
    let expected = [(2, "FailIndex"), (75, "Count"), (130, "Count")];
    assert_eq!(
        counted,
        expected.map(|(code, action)| (code, action.to_owned()))
    );
    assert_eq!(container["resources"]["requests"]["cpu"], "2");
    assert_eq!(
        container["args"][0],
        "exec vgrad sweep trial.toml --grid 'seed=[0,1,2]' \
         --shard \"$JOB_COMPLETION_INDEX/4\" --out runs/far"
    );
    let volume = &pod["volumes"][0]["name"];
    assert_eq!(&container["volumeMounts"][0]["name"], volume);
}

/// A Job's name with its index is a pod's host name: at most 63 letters, digits and dashes,
/// dashes inside alone.
#[test]
fn the_job_has_a_name_that_the_api_takes() {
    let desk = Desk::with(SWEPT);
    for (name, expected) in [
        ("deep_Sigmoid.2", "deep-sigmoid-2".to_owned()),
        ("_a_", "a".to_owned()),
        ("___", "sweep".to_owned()),
        (&"x".repeat(80), "x".repeat(52)),
    ] {
        let words = format!("--emit kubernetes --shards 3 --out a --set name={name}");
        let script = sweep(&desk, &words).fine().stdout;
        let job: Value = serde_yaml_ng::from_str(&script).unwrap();
        assert_eq!(job["metadata"]["name"], *expected);
    }
}

/// What each job of the line is, as a shell takes it: in place of GNU parallel stands what
/// prints its lines, which replaces nothing in them either.
#[cfg(unix)]
#[test]
fn the_line_for_parallel_hands_on_what_was_given() {
    let desk = Desk::with(SWEPT);
    let emit = "sweep trial.toml --emit parallel --shards 4 --out";
    let more = ["far $a", "--grid", "seed=[0, 1]", "--grid"];
    let words = emit.split_whitespace().chain(more);
    let script = desk.vgrad(words.chain(["network.architecture=[{mlp={}}]"]));
    let script = script.fine().stdout;
    assert!(
        script.ends_with(
            "parallel --joblog 'far $a/parallel.joblog' --retries 2; vgrad gather 'far $a'\n"
        ),
        "{script}"
    );
    let line = script.split(" | ").next().unwrap();
    let line = line.replace("vgrad ", &format!("{} ", env!("CARGO_BIN_EXE_vgrad")));
    let shell = |line: &str| {
        let mut shell = std::process::Command::new("sh");
        let ended = shell
            .args(["-c", line])
            .current_dir(desk.path("."))
            .output();
        String::from_utf8(ended.unwrap().stdout).unwrap()
    };
    let jobs = shell(&line);
    assert_eq!(jobs.lines().count(), 4, "{jobs}");
    assert_eq!(
        shell(
            &jobs
                .lines()
                .nth(3)
                .unwrap()
                .replace("vgrad ", "printf '%s|' ")
        ),
        "sweep|trial.toml|--grid|seed=[0, 1]|--grid|network.architecture=[{mlp={}}]|--shard|3/4|--out|far $a|"
    );
    assert!(desk.has("far $a"), "the job log's folder");
}

/// What changes how a shard goes and ends.
#[test]
fn options_of_a_shard_are_in_every_script() {
    let desk = Desk::with(SWEPT);
    for engine in ["slurm", "kubernetes", "parallel", "lines"] {
        let words = format!(
            "--emit {engine} --shards 2 --out far --fail-fast --interrupted-exit 99 -q --seed 3"
        );
        let script = sweep(&desk, &words).fine().stdout;
        for word in [
            "--fail-fast",
            "--interrupted-exit 99",
            "--quiet",
            "--seed 3",
        ] {
            assert!(script.contains(word), "{engine}: {word}: {script}");
        }
        if engine == "kubernetes" {
            let job: Value = serde_yaml_ng::from_str(&script).unwrap();
            let rule = &job["spec"]["podFailurePolicy"]["rules"][2]["onExitCodes"];
            assert_eq!(rule["values"][0], 99);
            assert_eq!(rule["values"][1], 130);
        }
    }
}

/// A folder's name goes through the script's shell and that of the job that gathers.
#[cfg(unix)]
#[test]
fn any_folder_is_gathered_after_a_job_array() {
    let desk = Desk::with(SWEPT);
    for folder in ["we$ird", "it's a \"name\"", "{command}"] {
        let words = [
            "sweep",
            "trial.toml",
            "--emit",
            "slurm",
            "--shards",
            "2",
            "--out",
            folder,
        ];
        let script = desk.vgrad(words).fine().stdout;
        let shell = |script: &str| {
            let mut shell = std::process::Command::new("sh");
            let ended = shell.args(["-euc", script]).output().unwrap();
            assert!(ended.status.success(), "{ended:?}");
            String::from_utf8(ended.stdout).unwrap()
        };
        // What sbatch gets as the job, and what the job's program gets.
        let wrap = script.split("--wrap ").nth(1).unwrap();
        let wrap = wrap.split(" || true").next().unwrap();
        let job = shell(&format!("printf %s {wrap}"));
        assert_eq!(
            shell(&job.replace("exec vgrad", "printf '%s|'")),
            format!("gather|{folder}|")
        );
        let last = script.lines().last().unwrap();
        let last = last.replace("exec vgrad", "SLURM_ARRAY_TASK_ID=1; printf '%s|'");
        assert_eq!(
            shell(&last),
            format!("sweep|trial.toml|--shard|1/2|--out|{folder}|")
        );
    }
}
