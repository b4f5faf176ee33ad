//! Scripts that have an existing engine run a sweep in shards. They are printed, never
//! submitted.

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::Problem;
use crate::lab::text::quoted;

/// The job log of GNU parallel, in the sweep's folder.
const JOB_LOG: &str = "parallel.joblog";
/// The exit code of a command that was interrupted before anything was worth keeping.
const INTERRUPTED: u8 = 130;

/// The most elements of a Slurm job array: its default MaxArraySize less one.
const MOST_SLURM: u64 = 1000;

/// An engine that runs a command many times.
#[derive(Debug)]
pub struct Engine {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is printed for it.
    pub doc: &'static str,
    script: fn(&Job) -> Result<String, Problem>,
}

/// All engines.
pub const ENGINES: &[Engine] = &[
    Engine {
        name: "slurm",
        doc: "A job array for sbatch, with a gather that follows it",
        script: slurm,
    },
    Engine {
        name: "kubernetes",
        doc: "An Indexed Job for kubectl",
        script: kubernetes,
    },
    Engine {
        name: "parallel",
        doc: "A line for GNU parallel, with a job log",
        script: parallel,
    },
    Engine {
        name: "lines",
        doc: "A command per line, for any other engine",
        script: lines,
    },
];

/// What is to be run.
pub struct Job<'a> {
    /// The sweep's name.
    pub name: &'a str,
    /// The command up to its shard, ready for a shell: `vgrad sweep deep.toml --set …`.
    pub command: &'a str,
    /// The sweep's folder.
    pub folder: &'a Path,
    /// How many shards.
    pub shards: u64,
    /// Cores of each.
    pub threads: usize,
    /// The exit code of a shard that was stopped and can go on.
    pub interrupted_exit: u8,
}

impl Engine {
    /// The script.
    ///
    /// # Errors
    /// If the engine cannot take so many shards.
    pub fn script(&self, job: &Job) -> Result<String, Problem> {
        (self.script)(job)
    }
}

impl Job<'_> {
    /// A template with what this job has in place of its `{words}`.
    fn fill(&self, template: &str) -> String {
        let folder = quoted(&self.folder.display().to_string());
        // The list must be in order, and 0 and the 2 of a mistake have rules of their own.
        let codes = BTreeSet::from([self.interrupted_exit, INTERRUPTED]);
        let codes = codes.iter().filter(|code| ![0, 2].contains(*code));
        let codes: Vec<String> = codes.map(u8::to_string).collect();
        let words = [
            ("name}", self.name.to_owned()),
            ("shards}", self.shards.to_string()),
            ("last}", (self.shards - 1).to_string()),
            ("threads}", self.threads.to_string()),
            ("gather}", quoted(&format!("exec vgrad gather {folder}"))),
            (
                "joblog}",
                quoted(&self.folder.join(JOB_LOG).display().to_string()),
            ),
            ("codes}", codes.join(", ")),
            ("command}", self.command.to_owned()),
            ("folder}", folder),
        ];
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            filled += before;
            let mut found = words.iter();
            let found = found.find_map(|(word, own)| Some((own, after.strip_prefix(word)?)));
            // A brace of the shell's stays.
            let (own, after) = found.map_or(("{", after), |(own, after)| (own.as_str(), after));
            filled += own;
            rest = after;
        }
        filled + rest
    }
}

const SLURM: &str = r#"#!/bin/bash
# Submit with sbatch; it runs {shards} shards, each on {threads} cores, and then gathers.
# An element that is killed, or requeued, goes on where it was: submit the same again.
#SBATCH --job-name={name}
#SBATCH --array=0-{last}
#SBATCH --cpus-per-task={threads}
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%a.log
set -eu
if [ -z "${SLURM_JOB_ID:-}" ]; then
    exec sbatch "$0"
fi
# The first element submits what follows the array: afterany, since afterok would wait
# for ever after one failure.
if [ "$SLURM_ARRAY_TASK_ID" = "$SLURM_ARRAY_TASK_MIN" ] && [ "${SLURM_RESTART_COUNT:-0}" = 0 ]; then
    sbatch --dependency=afterany:"$SLURM_ARRAY_JOB_ID" --job-name={name}-gather \
        --output={name}-gather.log --wrap {gather} || true
fi
exec {command} --shard "$SLURM_ARRAY_TASK_ID/{shards}" --out {folder}
"#;

fn slurm(job: &Job) -> Result<String, Problem> {
    if job.shards > MOST_SLURM {
        return Err(Problem::new(format!(
            "a job array of {} elements is more than Slurm takes by default, {MOST_SLURM}",
            job.shards
        ))
        .help("take fewer --shards: each runs its cells on all of its cores"));
    }
    Ok(job.fill(SLURM))
}

const KUBERNETES: &str = r#"# kubectl apply -f this file; the volume must be one that all pods share.
# Exit codes {codes} are of a shard that was stopped and goes on; 2 is a mistake that no retry mends.
apiVersion: batch/v1
kind: Job
metadata:
  name: {name}
spec:
  completionMode: Indexed
  completions: {shards}
  parallelism: {shards}
  backoffLimitPerIndex: 5
  maxFailedIndexes: {shards}
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions:
          - type: DisruptionTarget
      - action: FailIndex
        onExitCodes:
          containerName: vgrad
          operator: In
          values: [2]
      - action: Count
        onExitCodes:
          containerName: vgrad
          operator: In
          values: [{codes}]
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 120
      containers:
        - name: vgrad
          image: vgrad:latest
          workingDir: /work
          command: ["/bin/sh", "-c"]
          args:
            - >-
              exec {command}
              --shard "$JOB_COMPLETION_INDEX/{shards}" --out {folder}
          env:
            - name: VGRAD_THREADS
              value: "{threads}"
          resources:
            requests:
              cpu: "{threads}"
          volumeMounts:
            - name: work
              mountPath: /work
      volumes:
        - name: work
          persistentVolumeClaim:
            claimName: work
"#;

/// The longest name of a Job: with its index it is a pod's host name, 63 characters at most.
const LONGEST_NAME: usize = 52;

fn kubernetes(job: &Job) -> Result<String, Problem> {
    // A name there is a DNS label: lower case, with dashes inside.
    let name: String = job
        .name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(LONGEST_NAME)
        .collect();
    let name = match name.trim_matches('-') {
        "" => "sweep",
        name => name,
    };
    Ok(Job { name, ..*job }.fill(KUBERNETES))
}

/// Its jobs are lines, in which it replaces nothing. Those that failed are tried once more;
/// whatever is missing after that is done by the same line again.
const PARALLEL: &str = "mkdir -p {folder} && {command} --emit lines --shards {shards} \
    --out {folder} | VGRAD_THREADS={threads} parallel --joblog {joblog} --retries 2; \
    vgrad gather {folder}\n";

fn parallel(job: &Job) -> Result<String, Problem> {
    Ok(job.fill(PARALLEL))
}

fn lines(job: &Job) -> Result<String, Problem> {
    let line = |shard: u64| {
        job.fill(&format!(
            "{{command}} --shard {shard}/{{shards}} --out {{folder}}\n"
        ))
    };
    Ok((0..job.shards).map(line).collect())
}
