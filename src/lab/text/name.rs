//! Names of runs and quantities where there is little room.

use crate::study::columns::gradient_columns;

/// At most `most` characters, the middle left out, without control characters.
pub fn shortened(name: &str, most: usize) -> String {
    let clean: Vec<char> = name
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if clean.len() <= most {
        return clean.into_iter().collect();
    }
    let kept = most.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    let mut short: String = clean[..head].iter().collect();
    short.push('…');
    short.extend(&clean[clean.len() - tail..]);
    short
}

/// The name of a layer by its modules, `model.layers.31.self_attn.q_proj.weight`, in so many
/// characters: from the number on, which tells it from its like.
pub fn shortened_layer(name: &str, most: usize) -> String {
    let whole = name;
    let name = name.strip_suffix(".weight").unwrap_or(name);
    if let Some(short) = [whole, name]
        .into_iter()
        .find(|own| own.chars().count() <= most)
    {
        return shortened(short, most);
    }
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut number = None;
    let mut start = 0;
    for part in name.split_inclusive(['.', '/']) {
        if number.is_none() && is_number(part.trim_end_matches(['.', '/'])) {
            number = Some(name[..start].chars().count());
        }
        start += part.len();
    }
    let kept = most.saturating_sub(1);
    let all = name.chars().count();
    match number.map(|number| number.min(all.saturating_sub(kept))) {
        None | Some(0) => shortened(name, most),
        Some(left_out) => {
            let rest: String = name.chars().skip(left_out).collect();
            format!("…{}", shortened(&rest, kept))
        }
    }
}

/// What the axis of a quantity says.
pub fn symbol(quantity: &str) -> String {
    let own = gradient_columns()
        .iter()
        .find(|column| column.name == quantity);
    own.map_or_else(
        || shortened(quantity, 40),
        |column| column.symbol.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_layer_is_kept() {
        for (name, expected) in [
            ("layers.3.weight", "layers.3.weight"),
            ("transformer.h.10.mlp.c_fc.weight", "…former.h.10.mlp.c_fc"),
            (
                "model.layers.31.self_attn.q_proj.weight",
                "….31.self_attn.q_proj",
            ),
            (
                "encoder.layer.11.attention.self.query.weight",
                "…11.attenti…elf.query",
            ),
            ("mlp_extractor.policy_net.0", "…tractor.policy_net.0"),
            ("a_layer_without_any_number", "a_layer_wi…any_number"),
            ("a_layer_without_a_number.weight", "a_layer_wi…t_a_number"),
        ] {
            assert_eq!(shortened_layer(name, 21), expected);
        }
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcdefghij", 5), "ab…ij");
        assert_eq!(shortened("a\nb", 9), "a\u{fffd}b");
        assert_eq!(shortened("żółwie są", 4), "żó…ą");
    }
}
