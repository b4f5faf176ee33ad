//! Scripts that have an existing engine run a sweep in shards. They are printed, never
//! submitted.

use std::path::Path;

use crate::base::Problem;
use crate::lab::text::quoted;

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
    fn folder(&self) -> String {
        quoted(&self.folder.display().to_string())
    }
}

fn slurm(job: &Job) -> Result<String, Problem> {
    let Job {
        name,
        command,
        shards,
        threads,
        ..
    } = job;
    if *shards > MOST_SLURM {
        return Err(Problem::new(format!(
            "a job array of {shards} elements is more than Slurm takes by default, {MOST_SLURM}"
        ))
        .help("take fewer --shards: each runs its cells on all of its cores"));
    }
    let folder = job.folder();
    let last = shards - 1;
    Ok(format!(
        r#"#!/bin/bash
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
if [ -z "${{SLURM_JOB_ID:-}}" ]; then
    exec sbatch "$0"
fi
# The first element submits what follows the array: afterany, since afterok would wait
# for ever after one failure.
if [ "$SLURM_ARRAY_TASK_ID" = "$SLURM_ARRAY_TASK_MIN" ] && [ "${{SLURM_RESTART_COUNT:-0}}" = 0 ]; then
    sbatch --dependency=afterany:"$SLURM_ARRAY_JOB_ID" --job-name={name}-gather \
        --output={name}-gather.log --wrap "exec vgrad gather {folder}" || true
fi
exec {command} --shard "$SLURM_ARRAY_TASK_ID/{shards}" --out {folder}
"#
    ))
}

fn kubernetes(job: &Job) -> Result<String, Problem> {
    let Job {
        name,
        command,
        shards,
        threads,
        ..
    } = job;
    // A name there is lower case, with dashes.
    let name: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let folder = job.folder();
    Ok(format!(
        r#"# kubectl apply -f this file; the volume must be one that all pods share.
# Exit code 75 is a shard that was stopped and goes on; 2 is a mistake that no retry mends.
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
          values: [75, 130]
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
"#
    ))
}

fn parallel(job: &Job) -> Result<String, Problem> {
    let Job {
        name,
        command,
        shards,
        threads,
        ..
    } = job;
    let last = shards - 1;
    let folder = job.folder();
    Ok(format!(
        "seq 0 {last} | parallel --joblog {name}.joblog --resume-failed \
         'VGRAD_THREADS={threads} {command} --shard {{}}/{shards} --out {folder}'; \
         vgrad gather {folder}\n",
        command = command.replace('\'', "'\\''"),
        folder = folder.replace('\'', "'\\''"),
    ))
}

fn lines(job: &Job) -> Result<String, Problem> {
    let folder = job.folder();
    let shards = job.shards;
    let line = |shard: u64| format!("{} --shard {shard}/{shards} --out {folder}\n", job.command);
    Ok((0..shards).map(line).collect())
}
