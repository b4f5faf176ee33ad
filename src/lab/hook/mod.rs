//! Helpers in Python that log a model's gradients for `vgrad read` and every command that
//! takes a log: one file each, which is printed as it stands.

/// A helper for one framework.
pub struct Hook {
    /// The framework, as the command names it.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The helper: a module of Python that needs nothing but the framework.
    pub text: &'static str,
}

/// All of them.
pub const HOOKS: &[Hook] = &[
    Hook {
        name: "torch",
        doc: "PyTorch: hooks on the tensors that layers hand on, a call per update",
        text: include_str!("torch.py"),
    },
    Hook {
        name: "lightning",
        doc: "Lightning: a callback for the trainer",
        text: include_str!("lightning.py"),
    },
    Hook {
        name: "keras",
        doc: "Keras 3 on TensorFlow, JAX or PyTorch: a callback for `fit`, with a batch to look at",
        text: include_str!("keras.py"),
    },
    Hook {
        name: "jax",
        doc: "JAX: a tap at what each layer hands on, a call per update",
        text: include_str!("jax.py"),
    },
];
