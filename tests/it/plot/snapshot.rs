//! A small figure to the byte. After a wanted change:
//! `VGRAD_UPDATE=1 cargo test --test plot snapshot`, and look at the picture.

use crate::desk::Desk;

/// Every kind of mark: three layers over four steps, a zero, a NaN and a gap.
pub const SMALL_CSV: &str = "\
step,layer,name,x_norm
0,1,hidden_1,1e-6
0,2,hidden_2,1e-3
0,3,output,1
10,1,hidden_1,2e-6
10,2,hidden_2,
10,3,output,0.5
20,1,hidden_1,0
20,2,hidden_2,1e-2
20,3,output,NaN
30,1,hidden_1,0
30,2,hidden_2,3e-2
30,3,output,0.25
";

#[test]
fn a_small_figure_is_as_it_was() {
    let desk = Desk::empty();
    desk.write("small.csv", SMALL_CSV);
    desk.vgrad(["plot", "small.csv", "-o", "small.svg"]).fine();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/plot/small.svg");
    let found = desk.read("small.svg");
    if std::env::var_os("VGRAD_UPDATE").is_some() {
        std::fs::write(path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap();
    let differing = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
    assert_eq!(differing, None, "see the head of tests/it/plot/snapshot.rs");
    assert_eq!(expected, found);
}

#[test]
fn the_same_runs_give_the_same_bytes() {
    let desk = Desk::with(crate::desk::SMALL);
    desk.run("--seeds 3 --out trial").fine();
    for file in ["a.svg", "b.svg", "a.png", "b.png"] {
        desk.vgrad(["plot", "trial", "trial/seed-1", "-o", file])
            .fine();
    }
    assert_eq!(desk.bytes("a.svg"), desk.bytes("b.svg"));
    assert_eq!(desk.bytes("a.png"), desk.bytes("b.png"));
}
