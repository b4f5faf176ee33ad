//! The forward order of layers, from the input to the output, by their names and by the
//! order in which the log has them.
//!
//! Loggers sort names by alphabet, which puts the head before the layers and layer 10
//! before layer 2. A name is cut into words and numbers, which compare piece by piece:
//! numbers as numbers, words by where networks have such parts. That a stem is first and a
//! head last is sure; that a convolution lies before a linear layer is a habit, which a
//! decoder turns round. What the names leave open is decided by the order in the log where
//! that order agrees with all that is sure, forward or backward, and else is for the user to
//! say.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::pieces::{Piece, first_difference, pieces, rank};
use super::vocabulary::{DOWN_BLOCKS, ENCODER, FIRST, LAST, MID_BLOCK, POOLER, UP_BLOCKS};

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
    let names_read = Names::of(names);
    let as_logged: Vec<usize> = (0..names.len()).collect();
    if names.len() < 2 {
        return (as_logged, Some(OrderSource::Single));
    }
    let mut order = as_logged.clone();
    order.sort_by(|&a, &b| names_read.total(a, b));
    let is_open = |pair: &[usize]| !names_read.is_sure(pair[0], pair[1]);
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
        NameOrder::Written => !is_alphabetical(names),
        NameOrder::Meaningless => false,
    };
    if !has_meaning || names.len() > MOST_OPEN {
        return (order, None);
    }
    let source = match names_read.beside_the_log(Names::is_sure) {
        (0, 0) => match names_read.beside_the_log(|_, _, _| true) {
            (0, 0) => Some(OrderSource::Appearance),
            (_, 0) => Some(OrderSource::LogForward),
            // A network that is built against habit, or a log that runs backwards.
            (0, _) => None,
            _ => (log == NameOrder::Rows).then_some(OrderSource::LogForward),
        },
        (_, 0) => Some(OrderSource::LogForward),
        (0, _) => Some(OrderSource::LogBackward),
        // That of a head between other layers has no meaning.
        _ => None,
    };
    match source {
        None => (order, None),
        Some(OrderSource::LogBackward) => (as_logged.into_iter().rev().collect(), source),
        _ => (as_logged, source),
    }
}

/// Whether names stand in the order of the alphabet, by themselves or as their parameters do.
pub fn is_alphabetical(names: &[&str]) -> bool {
    let dotted = |name: &str| name.bytes().chain([b'.']).collect::<Vec<u8>>();
    names.windows(2).all(|pair| pair[0] <= pair[1])
        || names
            .windows(2)
            .all(|pair| dotted(pair[0]) <= dotted(pair[1]))
}

/// Whether the layers are those of a U-Net whose way up is numbered by itself: `enc1` …
/// `dec1`. Some count that way up and some down, so that its numbers tell nothing.
pub fn is_ladder(names: &[&str]) -> bool {
    let all: Vec<Vec<Piece>> = names.iter().map(|name| pieces(name)).collect();
    is_ladder_of(&all)
}

fn is_ladder_of(all: &[Vec<Piece>]) -> bool {
    const DOWN: [&str; 3] = ["enc", "down", "contract"];
    const MIDDLE: [&str; 4] = ["bottleneck", "latent", "mid", "middle"];
    let goes_down = |piece: &Piece| match piece {
        Piece::Word(word, _) => {
            DOWN.iter().any(|own| word.starts_with(own)) || MIDDLE.contains(&&**word)
        }
        _ => false,
    };
    let goes_up = |name: &Vec<Piece>| (1..name.len()).any(|at| is_numbered_way_up(name, at));
    all.iter().flatten().any(goes_down) && all.iter().any(goes_up)
}

/// Whether the piece at a place is the number of a step on the way up, as that of `dec1`.
fn is_numbered_way_up(name: &[Piece], at: usize) -> bool {
    const UP: [&str; 3] = ["dec", "up", "expand"];
    let Some(before) = at.checked_sub(1) else {
        return false;
    };
    match (&name[before], &name[at]) {
        (Piece::Word(word, _), Piece::Number(_)) => {
            word != "deconv" && UP.iter().any(|own| word.starts_with(own))
        }
        _ => false,
    }
}

/// The most layers whose order in the log is held against their names pair by pair.
const MOST_OPEN: usize = 3000;

/// The names of a network's layers, in the order of the log.
struct Names {
    all: Vec<Vec<Piece>>,
    /// How many pieces all of them begin with.
    shared: usize,
    is_ladder: bool,
    /// What stands before numbers of which some may count within others: of `fc1`, `fc21`,
    /// `fc22`, `fc3` the second may have two parts, or two may be left of twenty-two.
    nested: HashSet<Vec<String>>,
}

impl Names {
    fn of(names: &[&str]) -> Self {
        let all: Vec<Vec<Piece>> = names.iter().map(|name| pieces(name)).collect();
        let first = all.first().map_or(&[][..], Vec::as_slice);
        let alike = |own: &Vec<Piece>| {
            let pairs = first.iter().zip(own);
            pairs.take_while(|(x, y)| x == y).count()
        };
        Self {
            shared: all.iter().map(alike).min().unwrap_or(0),
            is_ladder: is_ladder_of(&all),
            nested: nested(&all),
            all,
        }
    }

    /// Whether two numbers that differ at a place may count in either way.
    fn is_nested(&self, name: &[Piece], at: usize) -> bool {
        !self.nested.is_empty() && self.nested.contains(&texts(&name[..at]))
    }

    /// How many pairs of layers, of those that are looked at, the log has as their names tell,
    /// and how many the other way round.
    fn beside_the_log(&self, is_looked_at: impl Fn(&Self, usize, usize) -> bool) -> (u64, u64) {
        let (mut ahead, mut back) = (0, 0);
        for b in 1..self.all.len() {
            for a in (0..b).filter(|&a| is_looked_at(self, a, b)) {
                match self.told(a, b) {
                    Ordering::Less => ahead += 1,
                    Ordering::Greater => back += 1,
                    Ordering::Equal => {}
                }
            }
        }
        (ahead, back)
    }

    /// What names tell of the order of two layers; equal where they tell nothing: at the first
    /// piece that differs, words of one rank leave it open.
    fn told(&self, a: usize, b: usize) -> Ordering {
        let (a, b) = (&self.all[a], &self.all[b]);
        let Some(at) = first_difference(a, b) else {
            return a.len().cmp(&b.len());
        };
        match (&a[at], &b[at]) {
            (Piece::Number(_), Piece::Number(_)) if self.is_ladder && is_numbered_way_up(a, at) => {
                Ordering::Equal
            }
            (Piece::Number(x), Piece::Number(y))
                if self.is_nested(a, at) && x.cmp(y) != by_digits(*x, *y) =>
            {
                Ordering::Equal
            }
            (Piece::Number(x), Piece::Number(y)) => x.cmp(y),
            // Keras: dense, dense_1.
            (Piece::End, Piece::Number(_)) => Ordering::Less,
            (Piece::Number(_), Piece::End) => Ordering::Greater,
            (Piece::End, _) | (_, Piece::End) => Ordering::Equal,
            (x, y) => rank(x).total_cmp(&rank(y)),
        }
    }

    /// Whether what names tell of two layers is beyond doubt: by numbers, by an end of the
    /// network, or within a numbered block, whose parts have an order everywhere.
    fn is_sure(&self, a: usize, b: usize) -> bool {
        if self.told(a, b).is_eq() {
            return false;
        }
        let (a, b) = (&self.all[a], &self.all[b]);
        let Some(at) = first_difference(a, b) else {
            return true;
        };
        let (x, y) = (&a[at], &b[at]);
        let is_number = |piece: &Piece| matches!(piece, Piece::Number(_) | Piece::End);
        let is_in_block = a[self.shared.min(at)..at]
            .iter()
            .any(|piece| matches!(piece, Piece::Number(_)));
        is_number(x) && is_number(y)
            || is_in_block
            || is_known_beside(rank(x), rank(y))
            || is_library(&a[at..], &b[at..])
            || is_library(&b[at..], &a[at..])
    }

    /// What is told, made total: what is open follows the alphabet, the way up of a U-Net the
    /// numbers downwards, and numbers that may count within others their digits.
    fn total(&self, a: usize, b: usize) -> Ordering {
        let (a, b) = (&self.all[a], &self.all[b]);
        let Some(at) = first_difference(a, b) else {
            return a.len().cmp(&b.len());
        };
        match (&a[at], &b[at]) {
            (Piece::Number(x), Piece::Number(y)) if self.is_nested(a, at) => by_digits(*x, *y),
            (Piece::Number(x), Piece::Number(y)) => {
                match self.is_ladder && is_numbered_way_up(a, at) {
                    true => y.cmp(x),
                    false => x.cmp(y),
                }
            }
            (Piece::Word(x, own), Piece::Word(y, other)) => {
                own.total_cmp(other).then_with(|| x.cmp(y))
            }
            (Piece::End, _) => Ordering::Less,
            (_, Piece::End) => Ordering::Greater,
            (x @ Piece::Number(_), y) => rank(x).total_cmp(&rank(y)).then(Ordering::Less),
            (x, y) => rank(x).total_cmp(&rank(y)).then(Ordering::Greater),
        }
    }
}

/// Numbers as the parts of numbers: 21 within 2, before 3.
fn by_digits(a: u128, b: u128) -> Ordering {
    a.to_string().cmp(&b.to_string())
}

/// Pieces as text.
fn texts(pieces: &[Piece]) -> Vec<String> {
    let text = |piece: &Piece| match piece {
        Piece::Number(number) => number.to_string(),
        Piece::Word(word, _) => word.clone(),
        Piece::End => String::new(),
    };
    pieces.iter().map(text).collect()
}

/// What stands before numbers some of which may count within others: there is 21 and no 2,
/// but a 3; and from the last number of one digit to 21 is further than such a network's
/// numbers are apart elsewhere.
fn nested(all: &[Vec<Piece>]) -> HashSet<Vec<String>> {
    let mut numbers: BTreeMap<Vec<String>, BTreeSet<u128>> = BTreeMap::new();
    for name in all {
        for at in 1..name.len() {
            if let (Piece::Word(..), Piece::Number(number)) = (&name[at - 1], &name[at]) {
                let own = numbers.entry(texts(&name[..at])).or_default();
                own.insert(*number);
            }
        }
    }
    let is_nested = |own: &BTreeSet<u128>| {
        let Some(last) = own.range(..10).next_back() else {
            return false;
        };
        let Some(first) = own.range(10..100).next() else {
            return false;
        };
        let tens = own.range(10..100).map(|number| number / 10);
        let are_parts = { tens }.any(|part| part < *last && !own.contains(&part));
        let steps = own.iter().zip(own.iter().skip(1));
        let apart = steps.filter(|(a, b)| **b < 10 || **a >= 10);
        let widest = apart.map(|(a, b)| b - a).max().unwrap_or(1);
        are_parts && first - last > 2 * widest
    };
    numbers.retain(|_, own| is_nested(own));
    numbers.into_keys().collect()
}

/// Whether layers of these ranks lie so in every network.
fn is_known_beside(a: f32, b: f32) -> bool {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    let is_end = low <= FIRST || high >= LAST;
    // What extracts features has the rest of the network behind it, a pooler what it pools.
    let is_extracted = low < ENCODER || (low == ENCODER && high == POOLER);
    // The ways down and up of a U-Net, by the names that only such networks have.
    let is_way = |rank| [DOWN_BLOCKS, MID_BLOCK, UP_BLOCKS].contains(&rank);
    is_end || is_extracted || (is_way(low) && is_way(high))
}

/// Whether two parts are those of a network that a library builds: `conv1`, `layer1.0` and
/// `fc` of torchvision's ResNet, `block1_conv1` and `fc1` of the VGG of Keras.
fn is_library(a: &[Piece], b: &[Piece]) -> bool {
    let word = |piece: &Piece, text: &str| matches!(piece, Piece::Word(own, _) if own == text);
    match (a, b) {
        ([layer, Piece::Number(_), Piece::End, Piece::Number(_), ..], [other, rest @ ..])
            if word(layer, "layer") =>
        {
            word(other, "fc") && matches!(rest, [Piece::End, ..])
                || word(other, "conv") && matches!(rest, [Piece::Number(1), Piece::End, ..])
        }
        ([block, Piece::Number(_), conv, Piece::Number(_), ..], [fc, Piece::Number(_), ..]) => {
            word(block, "block") && word(conv, "conv") && word(fc, "fc")
        }
        _ => false,
    }
}
