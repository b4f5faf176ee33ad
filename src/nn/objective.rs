//! What a network's output is held against.

use crate::adversary::{DiscriminatorSide, GeneratorSide};
use crate::base::Scalar;
use crate::loss::{Criterion, Loss};

/// What a network minimises.
#[derive(Clone, Debug)]
pub enum Objective {
    /// A loss against targets.
    Targets(Loss),
    /// A generator's loss, by the discriminator's logit.
    Generator(GeneratorSide),
    /// A discriminator's loss.
    Discriminator(DiscriminatorSide),
}

impl Objective {
    /// The loss function itself.
    pub fn criterion<T: Scalar>(&self) -> &dyn Criterion<T> {
        match self {
            Self::Targets(loss) => loss.criterion(),
            Self::Generator(side) => side,
            Self::Discriminator(side) => side,
        }
    }
}

impl From<Loss> for Objective {
    fn from(loss: Loss) -> Self {
        Self::Targets(loss)
    }
}

impl From<GeneratorSide> for Objective {
    fn from(side: GeneratorSide) -> Self {
        Self::Generator(side)
    }
}

impl From<DiscriminatorSide> for Objective {
    fn from(side: DiscriminatorSide) -> Self {
        Self::Discriminator(side)
    }
}
