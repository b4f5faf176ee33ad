//! How a baseline is laid out as text: one layer per line, so that a diff
//! shows the layers that changed.

use serde_json::Value;

/// Objects this deep, such as a layer, stand in one line.
const ONE_LINE: usize = 3;

/// JSON with sorted keys and a final newline.
pub fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, depth: usize, text: &mut String) {
    let is_scalar = |value: &Value| !value.is_object() && !value.is_array();
    match value {
        Value::Array(items) if !items.iter().all(is_scalar) => {
            let items = items.iter().map(|item| (None, item));
            lines(['[', ']'], items, depth, text);
        }
        Value::Object(_) if depth < ONE_LINE => {
            lines(
                ['{', '}'],
                sorted(value).map(|(key, value)| (Some(key), value)),
                depth,
                text,
            );
        }
        _ => one_line(value, text),
    }
}

fn lines<'a>(
    [open, close]: [char; 2],
    items: impl Iterator<Item = (Option<&'a String>, &'a Value)>,
    depth: usize,
    text: &mut String,
) {
    text.push(open);
    let mut is_first = true;
    for (key, value) in items {
        text.push_str(if is_first { "\n" } else { ",\n" });
        is_first = false;
        text.push_str(&"  ".repeat(depth + 1));
        if let Some(key) = key {
            text.push_str(&format!("{}: ", Value::from(key.as_str())));
        }
        write(value, depth + 1, text);
    }
    if !is_first {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    }
    text.push(close);
}

fn one_line(value: &Value, text: &mut String) {
    match value {
        Value::Object(_) => {
            text.push('{');
            for (i, (key, value)) in sorted(value).enumerate() {
                let comma = if i > 0 { ", " } else { "" };
                text.push_str(&format!("{comma}{}: ", Value::from(key.as_str())));
                one_line(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (i, item) in items.iter().enumerate() {
                text.push_str(if i > 0 { ", " } else { "" });
                one_line(item, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn sorted(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let mut members: Vec<_> = value.as_object().into_iter().flatten().collect();
    members.sort_by_key(|(key, _)| *key);
    members.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn layers_stand_in_one_line_and_keys_in_order() {
        let value = json!({
            "steps": [{ "step": 0, "layers": [{ "layer": 1, "a": { "z": 1, "b": [1, 2] } }, { "layer": 2 }] }],
            "seeds": [0, 1],
            "empty": [],
            "none": null,
        });
        let expected = r#"{
  "empty": [],
  "none": null,
  "seeds": [0, 1],
  "steps": [
    {
      "layers": [
        {"a": {"b": [1, 2], "z": 1}, "layer": 1},
        {"layer": 2}
      ],
      "step": 0
    }
  ]
}
"#;
        assert_eq!(pretty(&value), expected);
        assert_eq!(
            serde_json::from_str::<Value>(&pretty(&value)).unwrap(),
            value
        );
    }
}
