//! The forward order of layers, from the input to the output, by their names and by the
//! order in which the log has them.
//!
//! Loggers sort names by alphabet, which puts the head before the layers and layer 10
//! before layer 2. A name is cut into words and numbers, which compare piece by piece:
//! numbers as numbers, words by where networks have such parts. What the names leave open
//! is decided by the order in the log where that order agrees with all that the names say,
//! forward or backward, and else is for the user to say.

use std::cmp::Ordering;

use super::vocabulary::{MIDDLE, PARTS, WORDS, known};

/// How sure the order of a log's names is to have a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOrder {
    /// As the program visited its layers, unless it is alphabetical.
    Written,
    /// As rows of a table of layers.
    Rows,
    /// Sorted by the logger, or as chance has it.
    Meaningless,
}

/// How an order was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderSource {
    /// By the numbers and words in the names alone.
    Names,
    /// By the names; the log has them the other way round.
    NamesBackward,
    /// Partly by the order in the log, which agrees with the names.
    LogForward,
    /// Partly by the order in the log, which runs backwards.
    LogBackward,
    /// By the order in the log alone: the names say nothing.
    Appearance,
    /// The user gave it.
    Given,
    /// There is but one layer.
    Single,
}

impl OrderSource {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Names => "by the numbers and words in their names",
            Self::NamesBackward => {
                "by their names; the log has them in backward order, output first"
            }
            Self::LogForward => "by their names, and by the log's order where names say nothing",
            Self::LogBackward => {
                "by their names, and by the log's order, which runs backwards (output first)"
            }
            Self::Appearance => {
                "as the log has them, the first taken as nearest the input: the names say nothing"
            }
            Self::Given => "as given with --layers",
            Self::Single => "one layer",
        }
    }
}

/// Puts `names`, which stand in the order of the log, into forward order: their places in it.
/// Where it cannot be told, no source is given and the order is a guess.
pub fn forward(names: &[&str], log: NameOrder) -> (Vec<usize>, Option<OrderSource>) {
    let keys: Vec<Vec<Piece>> = names.iter().map(|name| pieces(name)).collect();
    let as_logged: Vec<usize> = (0..names.len()).collect();
    if names.len() < 2 {
        return (as_logged, Some(OrderSource::Single));
    }
    let mut order = as_logged.clone();
    order.sort_by(|&a, &b| total(&keys[a], &keys[b]));
    let is_alphabetical = names.windows(2).all(|pair| pair[0] <= pair[1]);
    // Rows of layers have the program's order, which says more than where networks have such
    // words as a rule.
    let is_told_by_rows = log == NameOrder::Rows && !is_alphabetical && names.len() <= MOST_OPEN;
    let is_open = |pair: &[usize]| {
        let (a, b) = (&keys[pair[0]], &keys[pair[1]]);
        told(a, b).is_eq() || (is_told_by_rows && !is_sure(a, b))
    };
    if !order.windows(2).any(is_open) {
        let is_backward = names.len() > 2 && order.windows(2).all(|pair| pair[0] > pair[1]);
        let source = match is_backward {
            true => OrderSource::NamesBackward,
            false => OrderSource::Names,
        };
        return (order, Some(source));
    }
    let has_meaning = match log {
        NameOrder::Rows => true,
        NameOrder::Written => !is_alphabetical,
        NameOrder::Meaningless => false,
    };
    if !has_meaning || names.len() > MOST_OPEN {
        return (order, None);
    }
    let pairs = as_logged.iter().flat_map(|&a| (0..a).map(move |b| (b, a)));
    let (mut ahead, mut back) = (0, 0);
    for (a, b) in pairs {
        match told(&keys[a], &keys[b]) {
            Ordering::Less => ahead += 1,
            Ordering::Greater => back += 1,
            Ordering::Equal => {}
        }
    }
    match (ahead, back) {
        (0, 0) => (as_logged, Some(OrderSource::Appearance)),
        (_, 0) => (as_logged, Some(OrderSource::LogForward)),
        (0, _) => (
            as_logged.into_iter().rev().collect(),
            Some(OrderSource::LogBackward),
        ),
        // That of a head between other layers has no meaning.
        _ if is_told_by_rows => by_ends(&keys, order),
        _ => (order, None),
    }
}

/// The order of a log that agrees with its names about the ends of the network, if not about
/// what lies between; `guess` where it does not.
fn by_ends(keys: &[Vec<Piece>], guess: Vec<usize>) -> (Vec<usize>, Option<OrderSource>) {
    let (mut ahead, mut back) = (0, 0);
    for (a, first) in keys.iter().enumerate() {
        for second in &keys[a + 1..] {
            match told(first, second) {
                Ordering::Equal => {}
                _ if !is_sure(first, second) => {}
                Ordering::Less => ahead += 1,
                Ordering::Greater => back += 1,
            }
        }
    }
    let as_logged = 0..keys.len();
    match (ahead, back) {
        (0, 1..) => (as_logged.rev().collect(), Some(OrderSource::LogBackward)),
        (_, 0) => (as_logged.collect(), Some(OrderSource::LogForward)),
        _ => (guess, None),
    }
}

/// Whether what [`told`] says of two layers is beyond doubt: numbers, or that one of them is
/// at an end of the network.
fn is_sure(a: &[Piece], b: &[Piece]) -> bool {
    const FIRST: f32 = 0.1;
    const LAST: f32 = 4.0;
    first_difference(a, b).is_none_or(|(x, y)| {
        let is_end = |piece| rank(piece) <= FIRST || rank(piece) >= LAST;
        is_end(x) || is_end(y) || rank(x) == rank(y)
    })
}

/// The most layers whose order in the log is held against their names pair by pair.
const MOST_OPEN: usize = 3000;

/// A piece of a name.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Number(u128),
    /// A word and where networks have it.
    Word(String, f32),
    /// The end of a part between dots.
    End,
}

/// What names tell of the order of two layers; equal where they tell nothing: at the first
/// piece that differs, words of one rank leave it open.
fn told(a: &[Piece], b: &[Piece]) -> Ordering {
    match first_difference(a, b) {
        None => a.len().cmp(&b.len()),
        Some((Piece::Number(x), Piece::Number(y))) => x.cmp(y),
        // Keras: dense, dense_1.
        Some((Piece::End, Piece::Number(_))) => Ordering::Less,
        Some((Piece::Number(_), Piece::End)) => Ordering::Greater,
        Some((Piece::End, _) | (_, Piece::End)) => Ordering::Equal,
        Some((x, y)) => rank(x).total_cmp(&rank(y)),
    }
}

/// The first pieces in which two names differ; `None` where one begins with the other.
fn first_difference<'a>(a: &'a [Piece], b: &'a [Piece]) -> Option<(&'a Piece, &'a Piece)> {
    a.iter().zip(b).find(|(x, y)| x != y)
}

/// The same, made total: what is open follows the alphabet.
fn total(a: &[Piece], b: &[Piece]) -> Ordering {
    let Some((x, y)) = first_difference(a, b) else {
        return a.len().cmp(&b.len());
    };
    match (x, y) {
        (Piece::Number(x), Piece::Number(y)) => x.cmp(y),
        (Piece::Word(x, own), Piece::Word(y, other)) => own.total_cmp(other).then_with(|| x.cmp(y)),
        (Piece::End, _) => Ordering::Less,
        (_, Piece::End) => Ordering::Greater,
        (Piece::Number(_), Piece::Word(_, _)) => rank(x).total_cmp(&rank(y)).then(Ordering::Less),
        (Piece::Word(_, _), Piece::Number(_)) => {
            rank(x).total_cmp(&rank(y)).then(Ordering::Greater)
        }
    }
}

fn rank(piece: &Piece) -> f32 {
    match piece {
        Piece::Number(_) | Piece::End => MIDDLE,
        Piece::Word(_, rank) => *rank,
    }
}

/// The pieces of a name in lower case. A part between dots that is known as a whole is one.
fn pieces(name: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in name
        .split(['.', '/', ' ', ':'])
        .filter(|part| !part.is_empty())
    {
        let part = part.to_ascii_lowercase();
        if let Some(rank) = known(PARTS, &part) {
            pieces.push(Piece::Word(part, rank));
            pieces.push(Piece::End);
            continue;
        }
        for word in part.split(['_', '-']).filter(|word| !word.is_empty()) {
            let mut rest = word;
            while !rest.is_empty() {
                let is_digit = rest.as_bytes()[0].is_ascii_digit();
                let end = rest.find(|c: char| c.is_ascii_digit() != is_digit);
                let (piece, left) = rest.split_at(end.unwrap_or(rest.len()));
                // A number too long for a number is a word.
                pieces.push(match piece.parse().ok().filter(|_| is_digit) {
                    Some(number) => Piece::Number(number),
                    None => Piece::Word(piece.to_owned(), known(WORDS, piece).unwrap_or(MIDDLE)),
                });
                rest = left;
            }
        }
        pieces.push(Piece::End);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names in forward order, given to [`forward`] in some other order.
    fn found(names: &[&str], log: NameOrder) -> (Vec<String>, Option<OrderSource>) {
        let (order, source) = forward(names, log);
        (order.iter().map(|&i| names[i].to_owned()).collect(), source)
    }

    fn sorted(names: &[&str]) -> Vec<String> {
        let mut sorted: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        sorted.sort();
        sorted
    }

    #[test]
    fn alphabets_are_seen_through() {
        let cases: [&[&str]; 12] = [
            &[
                "layers.0",
                "layers.1",
                "layers.2",
                "layers.10",
                "layers.11",
                "head",
            ],
            &["dense", "dense_1", "dense_2", "dense_10", "predictions"],
            &["fc1", "fc2", "fc10", "out"],
            &["0", "2", "4", "10", "12"],
            &[
                "conv1",
                "layer1.0.conv1",
                "layer1.0.conv2",
                "layer2.0.conv1",
                "layer10.1.conv2",
                "fc",
            ],
            &["conv1", "conv2", "fc1", "fc2", "fc3"],
            &[
                "h.0.attn.c_attn",
                "h.0.attn.c_proj",
                "h.0.mlp.c_fc",
                "h.0.mlp.c_proj",
                "h.1.attn.c_attn",
                "h.10.attn.c_attn",
                "lm_head",
            ],
            &[
                "model.layers.0.self_attn.q_proj",
                "model.layers.0.self_attn.k_proj",
                "model.layers.0.self_attn.v_proj",
                "model.layers.0.self_attn.o_proj",
                "model.layers.0.mlp.gate_proj",
                "model.layers.0.mlp.up_proj",
                "model.layers.0.mlp.down_proj",
                "model.layers.1.self_attn.q_proj",
                "lm_head",
            ],
            &[
                "embed",
                "stem.conv",
                "blocks.0.mlp.fc1",
                "blocks.0.mlp.fc2",
                "blocks.9.mlp.fc1",
                "head",
            ],
            &[
                "patch_embed.proj",
                "encoder.layer.0",
                "encoder.layer.3",
                "classifier",
            ],
            &["input_layer", "hidden.0", "hidden.1", "output_layer"],
            &[
                "bert.encoder.layer.0.attention.self.query",
                "bert.encoder.layer.0.attention.self.value",
                "bert.encoder.layer.0.attention.output.dense",
                "bert.encoder.layer.0.intermediate.dense",
                "bert.encoder.layer.0.output.dense",
                "classifier",
            ],
        ];
        for names in cases {
            let alphabetical = sorted(names);
            let alphabetical: Vec<&str> = alphabetical.iter().map(String::as_str).collect();
            let (order, source) = found(&alphabetical, NameOrder::Meaningless);
            assert_eq!(order, names);
            assert!(source.is_some(), "{names:?}");
        }
    }

    #[test]
    fn rows_that_run_backwards_are_recognised() {
        let (order, source) = found(&["out", "fc2", "fc1"], NameOrder::Rows);
        assert_eq!(order, ["fc1", "fc2", "out"]);
        assert_eq!(source, Some(OrderSource::NamesBackward));
        // What the names leave open follows the log's direction.
        let (order, source) = found(&["head", "gamma", "alpha", "stem"], NameOrder::Written);
        assert_eq!(order, ["stem", "alpha", "gamma", "head"]);
        assert_eq!(source, Some(OrderSource::LogBackward));
    }

    #[test]
    fn what_names_leave_open_is_taken_from_an_order_with_a_meaning_only() {
        let names = ["stem", "zeta", "alpha", "head"];
        let (order, source) = found(&names, NameOrder::Written);
        assert_eq!(
            (order.as_slice(), source),
            (&names.map(str::to_owned)[..], Some(OrderSource::LogForward))
        );
        assert_eq!(found(&names, NameOrder::Meaningless).1, None);
        assert_eq!(
            found(&["alpha", "beta", "gamma"], NameOrder::Written).1,
            None
        );
        assert_eq!(
            found(&["gamma", "alpha", "beta"], NameOrder::Rows).1,
            Some(OrderSource::Appearance)
        );
        // Rows know better where a layer lies, if not at which end the head is.
        assert_eq!(
            found(&["zeta", "fc", "mid", "conv"], NameOrder::Rows),
            (
                ["zeta", "fc", "mid", "conv"].map(str::to_owned).to_vec(),
                Some(OrderSource::LogForward)
            )
        );
        assert_eq!(
            found(
                &["head", "zeta", "conv", "mid", "alpha", "stem"],
                NameOrder::Rows
            )
            .1,
            Some(OrderSource::LogBackward)
        );
        assert_eq!(
            found(&["zeta", "head", "alpha", "mid"], NameOrder::Rows).1,
            None
        );
        // The log contradicts the names: its order has no meaning.
        assert_eq!(
            found(&["zeta", "head", "alpha", "stem"], NameOrder::Written).1,
            None
        );
    }

    #[test]
    fn huge_numbers_are_no_trouble() {
        let long = "9".repeat(60);
        let names = [&*format!("fc{long}"), "fc1"];
        assert_eq!(found(&names, NameOrder::Meaningless).0.len(), 2);
    }
}
