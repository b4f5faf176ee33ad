//! A layer's name cut into words and numbers, which are compared one by one.

use super::vocabulary::{MIDDLE, PARTS, WORDS, known};

/// A piece of a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// A number.
    Number(u128),
    /// A word and where networks have it.
    Word(String, f32),
    /// The end of a part between dots.
    End,
}

/// The first place at which two names differ; `None` where one begins with the other.
pub fn first_difference(a: &[Piece], b: &[Piece]) -> Option<usize> {
    a.iter().zip(b).position(|(x, y)| x != y)
}

/// Where networks have it.
pub fn rank(piece: &Piece) -> f32 {
    match piece {
        Piece::Number(_) | Piece::End => MIDDLE,
        Piece::Word(_, rank) => *rank,
    }
}

/// The pieces of a name in lower case. A part between dots that is known as a whole is one.
pub fn pieces(name: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in name
        .split(['.', '/', ' ', ':'])
        .filter(|part| !part.is_empty())
    {
        let part = part.to_ascii_lowercase();
        let bare = part.trim_start_matches('_');
        if let Some(rank) = known(PARTS, bare) {
            pieces.push(Piece::Word(bare.to_owned(), rank));
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
