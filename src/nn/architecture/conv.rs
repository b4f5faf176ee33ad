//! The convolutional network.

use super::chain::{LayerChain, Links};
use super::{Blueprint, NetworkSpec, Setting, Unused};
use crate::base::family::member;
use crate::base::{Conflict, Scalar, counted};
use crate::graph::{GraphBuilder, ValueId};
use crate::image::Image;
use crate::layer::pixels::{Shortcut, ToPixels};
use crate::layer::positions::MeanPositions;
use crate::layer::unfold::Unfold;
use crate::norm::Over;
use crate::skip::{Site, Skip};
use crate::width::Width;

member! {
    /// A convolutional network over the pixels of images (`[data] image`): hidden layers of kernel × kernel convolution with zero padding, norm and activation, `width` being channels; then the mean over pixels and a linear output layer. LeCun et al. 1998, doi:10.1109/5.726791; He et al. 2016, arXiv:1603.05027.
    pub struct Conv {
        /// Side of the kernels, an odd number.
        #[schemars(range(min = 1))]
        kernel: usize = 3,
        /// Hidden layers of stride 2: they keep every second row and column and, where `width` is one number, have twice the channels of the hidden layer before.
        #[schemars(inner(range(min = 1)))]
        downsample: Vec<usize> = Vec::new(),
    }
}

const KERNEL: &str = "network.architecture.conv.kernel";
const DOWNSAMPLE: &str = "network.architecture.conv.downsample";

impl Conv {
    /// The stride of hidden layer `l`, from 1.
    pub fn stride(&self, l: usize) -> usize {
        if self.downsample.contains(&l) { 2 } else { 1 }
    }

    /// Channels of hidden layer `l`, from 1.
    fn channels(&self, network: &NetworkSpec, l: usize) -> usize {
        match &network.width {
            Width::All(width) => {
                let doubled = self.downsample.iter().filter(|at| (2..=l).contains(*at));
                width.saturating_mul(2usize.saturating_pow(doubled.count() as u32))
            }
            Width::PerLayer(widths) => widths[l - 1],
        }
    }

    /// The image that every hidden layer hands on, after the one that is read.
    pub fn images(&self, network: &NetworkSpec, image: Image) -> Vec<Image> {
        let mut images = vec![image];
        for l in 1..=network.depth {
            images.push(Image {
                channels: self.channels(network, l),
                ..images[l - 1].strided(self.stride(l))
            });
        }
        images
    }

    fn check_downsample(&self, network: &NetworkSpec) -> Option<Conflict> {
        let depth = network.depth;
        let refused = |what: String| {
            Some(Conflict::new(
                &[DOWNSAMPLE, "network.depth"],
                what,
                &format!("expected hidden layers from 1 to {depth}, each once"),
                "name layers that exist, or change `network.depth`",
            ))
        };
        let named = &self.downsample;
        if let Some(l) = named.iter().find(|l| !(1..=depth).contains(*l)) {
            return refused(format!(
                "`{DOWNSAMPLE}` names layer {l}, with `network.depth` = {depth} hidden layers"
            ));
        }
        let twice = (1..named.len()).find(|i| named[..*i].contains(&named[*i]));
        twice.and_then(|i| refused(format!("`{DOWNSAMPLE}` names layer {} twice", named[i])))
    }

    fn check_skip<T: Scalar>(&self, network: &NetworkSpec) -> Option<Conflict> {
        let skip = network.skip.choice::<T>();
        let name = network.skip.name();
        match network.skip {
            Skip::NoSkip(_) => return None,
            Skip::Identity(_) | Skip::Rezero(_) => {}
            _ => {
                return Some(Conflict::new(
                    &["network.skip", "network.architecture"],
                    format!("`network.skip` = {name} in a convolutional network"),
                    "expected \"none\", \"identity\" or \"rezero\" here",
                    "use `skip = \"identity\"`",
                ));
            }
        }
        // Of the widths there is more to say than that they are equal.
        let site = Site {
            depth: network.depth,
            width: &Width::All(1),
            order: network.order,
        };
        let every = skip.layers_per_skip();
        let mut blocks = (1..network.depth).step_by(every);
        skip.check(&site)
            .or_else(|| blocks.find_map(|start| self.check_block(network, [start, start + every])))
    }

    /// That a shortcut leads from the first layer to the last.
    fn check_block(&self, network: &NetworkSpec, [first, last]: [usize; 2]) -> Option<Conflict> {
        let [from, to] = [first, last].map(|l| self.channels(network, l));
        let is_downsampling = (first + 1..=last).any(|l| self.stride(l) > 1);
        let fits = from == to || (is_downsampling && from < to);
        (!fits).then(|| {
            Conflict::new(
                &["network.skip", "network.width"],
                format!(
                    "a skip from layer {first} with {} to layer {last} with {to}",
                    counted(from, "channel")
                ),
                "needs as many channels, or more across a layer named in `downsample`",
                "change `width`, or `skip = \"none\"`",
            )
        })
    }
}

impl<T: Scalar> Blueprint<T> for Conv {
    fn unused(&self) -> Vec<Unused> {
        vec![Unused::new("encoding", "it reads the pixels of an image")]
    }

    fn width(&self, network: &NetworkSpec, l: usize) -> usize {
        self.channels(network, l)
    }

    fn reads_images(&self) -> bool {
        true
    }

    fn check(&self, network: &NetworkSpec) -> Option<Conflict> {
        let kernel = self.kernel;
        if kernel.is_multiple_of(2) {
            return Some(Conflict::new(
                &[KERNEL],
                format!("`{KERNEL}` = {kernel} has no centre"),
                "expected an odd number",
                &format!("use {} or {}", kernel - 1, kernel + 1),
            ));
        }
        self.check_downsample(network)
            .or_else(|| self.check_skip::<T>(network))
    }

    fn check_image(&self, network: &NetworkSpec, image: Image) -> Option<Conflict> {
        // From there on the outermost taps lie beyond the border at every pixel.
        let largest = (2 * image.rows.max(image.columns)).saturating_sub(1).max(3);
        if self.kernel > largest {
            return Some(Conflict::new(
                &[KERNEL, "data.image"],
                format!(
                    "a kernel of side {} on images {image}, whose outermost taps lie beyond the \
                     border wherever it stands",
                    self.kernel
                ),
                &format!("expected at most {largest}"),
                &format!("use a kernel of at most {largest}"),
            ));
        }
        let mut left = image;
        for l in (1..=network.depth).filter(|l| self.stride(*l) > 1) {
            if left.pixels() == 1 {
                return Some(Conflict::new(
                    &[DOWNSAMPLE, "data.image"],
                    format!("layer {l} would downsample a single pixel; the images are {image}"),
                    "every layer of stride 2 halves rows and columns",
                    "name fewer layers in `downsample`",
                ));
            }
            left = left.strided(2);
        }
        None
    }

    fn layers(&self, network: &NetworkSpec, _positions: usize) -> usize {
        network.depth.saturating_add(1)
    }

    fn build(
        &self,
        network: &NetworkSpec,
        setting: &Setting,
        graph: &mut GraphBuilder<T>,
        input: ValueId,
    ) -> ValueId {
        let image = setting.image.expect("a network that reads images has one");
        let is_one_pixel_a_row = graph.width(input) == image.channels;
        let input = if is_one_pixel_a_row && graph.positions(input) == image.pixels() {
            input
        } else {
            graph.add(1, ToPixels { image }, &[input])
        };
        let links = Convolutions {
            conv: self,
            network,
            images: self.images(network, image),
        };
        let chain = LayerChain {
            graph,
            network,
            setting,
            links: &links,
        };
        chain.build(input)
    }
}

/// Convolutions from a layer's image to the next.
struct Convolutions<'a> {
    conv: &'a Conv,
    network: &'a NetworkSpec,
    /// What layer l hands on, at l; at 0 the input.
    images: Vec<Image>,
}

impl<T: Scalar> Links<T> for Convolutions<'_> {
    fn width(&self, l: usize) -> usize {
        self.images[l].channels
    }

    fn read(&self, graph: &mut GraphBuilder<T>, l: usize, x: ValueId) -> ValueId {
        let unfold = Unfold {
            image: self.images[l - 1],
            kernel: self.conv.kernel,
            stride: self.conv.stride(l),
        };
        // A pixel by itself is what is there already.
        if unfold.kernel == 1 && unfold.stride == 1 {
            return x;
        }
        graph.add(l, unfold, &[x])
    }

    fn kernel(&self) -> Option<usize> {
        Some(self.conv.kernel)
    }

    fn norm_over(&self) -> Over {
        Over::Sample
    }

    fn shortcut(&self, graph: &mut GraphBuilder<T>, l: usize, main: ValueId) -> ValueId {
        if matches!(self.network.skip, Skip::NoSkip(_)) {
            return main;
        }
        let first = l - self.network.skip.choice::<T>().layers_per_skip();
        let stride = (first + 1..=l).map(|l| self.conv.stride(l)).product();
        let shortcut = Shortcut {
            image: self.images[first],
            stride,
            channels: self.images[l].channels,
        };
        if self.images[first] == self.images[l] {
            return main;
        }
        graph.add(l, shortcut, &[main])
    }

    fn features(&self, graph: &mut GraphBuilder<T>, l: usize, h: ValueId) -> ValueId {
        let image = self.images[self.network.depth];
        let mean = MeanPositions {
            width: image.channels,
            positions: image.pixels(),
        };
        if image.pixels() == 1 {
            return h;
        }
        graph.add(l, mean, &[h])
    }
}
