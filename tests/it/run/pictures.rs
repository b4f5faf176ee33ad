//! Pictures as functions of place, through the program.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::desk::Desk;

const LEARNED: &str = r#"
[data]
source = "image"
[network]
depth = 3
width = 6
activation = "relu"
init = "he_normal"
encoding = { fourier = { bands = 2 } }
[train]
steps = 8
batch_size = 1
learning_rate = 0.01
loss = "mse"
"#;

/// A network that says 0 everywhere.
const SILENT: &str = r#"
[data]
source = { image = { path = "grey.png" } }
test_fraction = 0.5
[network]
depth = 2
width = 4
activation = "relu"
init = { normal = { std = 0.0 } }
[train]
steps = 0
batch_size = 2
learning_rate = 0.1
loss = "mse"
[log]
save_weights = true
"#;

#[test]
fn a_picture_is_learned_from_its_coordinates() {
    let desk = Desk::with(LEARNED);
    let told = desk
        .run("--set train.batch_size=64 --set data.source=image --out a")
        .fine();
    assert!(
        told.stderr
            .contains("image: 2304 rows, 2 features, 3 numbers to predict"),
        "{}",
        told.stderr
    );
    desk.write("grey.png", GREY);
    desk.write("no.png", "no picture");
    let picture = |file: &str| desk.run(&format!("--set data.source.image.path={file} --out b"));
    picture("no.png").refused(&["no.png", "is no PNG", "data.source.image.path"]);
    picture("missing.png").refused(&["missing.png", "there is no such file"]);
    let told = picture("grey.png").fine();
    assert!(
        told.stderr
            .contains("image: 6 rows, 2 features, a number to predict"),
        "{told:?}"
    );
    assert!(
        told.stdout.contains("PSNR of the pixels held out"),
        "{told:?}"
    );
    // Colours from 0 to 1 have a PSNR, standardised ones have not.
    let psnr = desk.summary("b")["test_psnr"].as_f64().unwrap();
    let loss = desk.summary("b")["test_loss"].as_f64().unwrap();
    assert!((psnr + 10.0 * loss.log10()).abs() < 1e-9, "{psnr} {loss}");
    let header = desk.read("b/training.csv");
    assert!(header.starts_with("step,epoch,") && header.contains(",clipped,test_psnr\n"));
    let compared = desk.vgrad(["compare", "a", "b"]);
    assert!(compared.stdout.contains("test PSNR in dB"), "{compared:?}");
    let scaled = "--set data.standardize_target=true --set train.batch_size=64 --out d";
    let scaled = desk.run(scaled).fine().stdout;
    assert!(
        scaled.contains("no PSNR: data.standardize_target"),
        "{scaled}"
    );
    assert!(desk.summary("d")["test_psnr"].is_null());
    // The run's spec still finds it from its own folder.
    desk.vgrad(["run", "b/spec.toml", "--out", "c"]).fine();
    assert!(desk.csv_files("b") == desk.csv_files("c"));
}

/// The rows of grey pixels of the picture in an SVG.
fn pixels(svg: &str) -> Vec<Vec<u8>> {
    let (_, rest) = svg.split_once("data:image/png;base64,").unwrap();
    let (bytes, _) = rest.split_once('"').unwrap();
    let bytes = STANDARD.decode(bytes).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let columns = reader.next_frame(&mut bytes).unwrap().width as usize;
    let pixels = bytes.as_chunks::<3>().0.iter();
    // Left and right of the gap all is grey.
    let greys: Vec<u8> = pixels.map(|pixel| pixel[0]).collect();
    greys.chunks(columns).map(<[u8]>::to_vec).collect()
}

#[test]
fn a_picture_is_drawn_beside_what_was_learned_of_it() {
    let desk = Desk::with(SILENT);
    desk.write("grey.png", GREY);
    let draw = |flags: &str| {
        desk.run(&format!("{flags} --out a --force")).fine();
        desk.vgrad(["plot", "a", "--figure", "view", "-o", "view.svg"])
            .fine();
        desk.read("view.svg")
    };
    // Pixels trained on and held out are each in their place, whatever the split.
    let scaled = "--set data.standardize_target=true";
    for flags in ["", "--seed 5", scaled, "--set data.test_fraction=0.0"] {
        let rows = pixels(&draw(flags));
        assert_eq!(rows.len(), 2, "{flags}");
        assert_eq!(rows[0][..3], [0, 20, 30], "{flags}");
        assert_eq!(rows[1][..3], [40, 60, 70], "{flags}");
        // The gap is one column.
        assert_eq!(rows[0].len(), 7);
    }
    // 0 everywhere: the mean square is (0 + 20² + 30² + 40² + 60² + 70²)/6/255² = 1900/65025,
    // −10 log10 of it 15.343.
    let svg = draw("");
    assert_eq!(pixels(&svg)[1][4..], [0, 0, 0]);
    assert!(svg.contains("\na: 15.34 dB\n"), "{svg}");
    assert!(svg.contains("Picture: a"), "{svg}");
    // 0 of standardised targets is their mean, 220/6 = 36.67, from which they lie
    // (1900 − 36.67²)/65025 on average: 20.684 dB.
    let svg = draw(&format!("{scaled} --set data.test_fraction=0.0"));
    assert_eq!(pixels(&svg)[0][4..], [37, 37, 37]);
    assert!(svg.contains("\na: 20.68 dB\n"), "{svg}");
}

#[test]
fn a_report_shows_the_picture_and_does_without_one_that_is_gone() {
    let desk = Desk::with(SILENT);
    desk.write("grey.png", GREY);
    desk.run("--out a").fine();
    let page = || {
        let told = desk.vgrad(["report", "a", "-o", "page.html"]).fine();
        (desk.read("page.html"), told.stderr)
    };
    let (shown, _) = page();
    let (_, section) = shown.split_once("id=\"view-title\"").unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    assert!(section.contains("The picture"), "{section}");
    assert!(section.contains("\na: 15.34 dB\n"), "no title");
    let held_out = desk.summary("a")["test_psnr"].as_f64().unwrap();
    let words = format!("<span class=\"soft\">PSNR</span> {held_out:.2} dB");
    assert!(shown.contains(&words), "{words}");
    let drawn = desk.vgrad(["plot", "a", "-o", "all.svg"]).fine().stdout;
    assert!(drawn.contains("view"), "{drawn}");

    std::fs::remove_file(desk.path("grey.png")).unwrap();
    let (shown, told) = page();
    assert!(!shown.contains("\"view-title\""));
    assert!(told.contains("grey.png"), "{told}");
    let all = desk.vgrad(["plot", "a", "-o", "all.svg"]).fine();
    assert!(!all.stdout.contains("view"), "{}", all.stdout);
    assert!(all.stderr.contains("grey.png"), "{}", all.stderr);
    desk.vgrad(["plot", "a", "--figure", "view", "-o", "view.svg"])
        .refused(&["grey.png", "there is no such file"]);
}

/// 3 × 2 pixels as a PNG.
fn picture(color: png::ColorType, bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 3, 2);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(bytes).unwrap();
    writer.finish().unwrap();
    file
}

/// A picture that was replaced after the run is not what the network learned.
#[test]
fn another_picture_is_not_taken_for_what_was_learned() {
    let desk = Desk::with(SILENT);
    let colours: Vec<u8> = (0..18).map(|i| 10 * i).collect();
    let others = [
        picture(png::ColorType::Grayscale, &[250, 0, 250, 0, 120, 90]),
        picture(png::ColorType::Rgb, &colours),
    ];
    let view = || desk.vgrad(["plot", "a", "--figure", "view", "-o", "view.svg"]);
    for flags in ["", "--set data.test_fraction=0.0", "--set precision=f64"] {
        desk.write("grey.png", GREY);
        desk.run(&format!("{flags} --out a --force")).fine();
        view().fine();
        for other in &others {
            desk.write("grey.png", other);
            let words = [
                "a: its picture has changed since",
                "run the experiment again",
            ];
            let told = view().refused(&words);
            assert!(!told.stderr.contains("safetensors"), "{}", told.stderr);
            let told = desk.vgrad(["report", "a", "-o", "page.html"]).fine();
            assert!(told.stderr.contains(words[0]), "{}", told.stderr);
        }
    }
}

/// The view counts what the network says, as the loss does, and not what a screen shows of it.
#[test]
fn a_view_counts_what_lies_beyond_black_and_white() {
    let desk = Desk::with(SILENT);
    desk.write("grey.png", GREY);
    let wide = "--set network.init={normal={std=2.0}} --set data.test_fraction=0.0";
    desk.run(&format!("{wide} --set train.batch_size=full --out a"))
        .fine();
    desk.vgrad(["plot", "a", "--figure", "view", "-o", "view.svg"])
        .fine();
    // Untrained, on a batch of all pixels.
    let loss = desk.summary("a")["train_loss"].as_f64().unwrap();
    assert!(loss > 1.0, "{loss}");
    let title = format!("\na: {:.2} dB\n", -10.0 * loss.log10());
    assert!(desk.read("view.svg").contains(&title), "{title}");
}

/// 3 × 2 pixels of one grey byte each, the pixels deflated without compression.
const GREY: &[u8] = &[
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 3, 0, 0, 0, 2, 8, 0, 0,
    0, 0, 184, 31, 57, 198, 0, 0, 0, 19, 73, 68, 65, 84, 120, 1, 1, 8, 0, 247, 255, 0, 0, 20, 30,
    0, 40, 60, 70, 2, 76, 0, 221, 232, 229, 153, 40, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];
