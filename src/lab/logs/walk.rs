//! How the steps of a run go on through its rows.

/// How far the steps of a run have come.
pub struct StepWalk {
    /// The run.
    pub run: String,
    /// The step that it is at.
    pub last: Option<u64>,
    /// Whether a number was there twice at a step.
    pub has_repeated: bool,
    /// Counts the steps passed, from 1.
    now: u32,
    /// Per series the step at which it was seen last; 0 for never.
    seen: Vec<u32>,
}

/// What a row does.
pub enum StepMove {
    /// It goes on, or belongs to the step at hand.
    On,
    /// A number is there twice at a step.
    Twice,
    /// The steps go back.
    Back {
        /// To this one.
        step: u64,
        /// From this one.
        before: u64,
    },
    /// Steps begin anew for a layer that was not there before.
    ByLayer,
}

impl StepWalk {
    /// Of a run of which nothing has been read.
    pub fn of(run: &str) -> Self {
        Self {
            run: run.to_owned(),
            last: None,
            has_repeated: false,
            now: 1,
            seen: Vec::new(),
        }
    }

    /// Goes on to a row with these gradients.
    pub fn go(
        &mut self,
        step: Option<u64>,
        gradients: impl Iterator<Item = u32> + Clone,
    ) -> StepMove {
        let seen = |series: u32| self.seen.get(series as usize).copied().unwrap_or(0);
        let repeats = gradients.clone().any(|series| seen(series) == self.now);
        let is_new = !gradients.clone().any(|series| seen(series) > 0);
        let last = self.last.filter(|_| step.is_some());
        let step = step.or(self.last);
        let found = match (step, last) {
            (Some(step), Some(last)) if step < last && is_new => StepMove::ByLayer,
            (Some(step), Some(last)) if step < last => StepMove::Back { step, before: last },
            (Some(step), Some(last)) if step == last && repeats => StepMove::Twice,
            _ => StepMove::On,
        };
        if step != self.last || repeats {
            self.now += 1;
        }
        self.last = step;
        for series in gradients {
            let at = series as usize;
            if self.seen.len() <= at {
                self.seen.resize(at + 1, 0);
            }
            self.seen[at] = self.now;
        }
        found
    }
}
