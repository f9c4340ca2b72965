//! Where the land of the demonstration country lies, and fields that vary smoothly over it.

use super::voronoi::Km;

/// Half the sides of the box that holds the country and the sea around it, in kilometres east-west and north-south.
pub const HALF_BOX_KM: Km = [175.0, 190.0];
/// Longitude and latitude of the centre in degrees: open Atlantic, some 1,000 km west of Brittany, where no land is.
pub const CENTRE: [f64; 2] = [-18.0, 45.0];
/// Kilometres in a degree of latitude (a sphere of 6,371 km).
const KM_PER_DEGREE: f64 = 111.195;

/// Longitude and latitude of a point, rounded to 10⁻⁷ degrees (about 1 cm), the most that RFC 7946 asks for.
pub fn degrees(point: Km) -> [f64; 2] {
    let lat = CENTRE[1] + point[1] / KM_PER_DEGREE;
    // The scale of the centre's parallel everywhere: the plane stays a plane and neighbours keep their shared points.
    let lon = CENTRE[0] + point[0] / (KM_PER_DEGREE * CENTRE[1].to_radians().cos());
    [lon, lat].map(|value| (value * 1e7).round() / 1e7)
}

/// A well mixed number of a seed and two others (SplitMix64's finaliser, Steele et al. 2014).
pub fn mixed(seed: u64, a: u64, b: u64) -> u64 {
    let mut z = seed ^ a.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b.wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left(31);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number from -1 to 1 of a seed and two others.
pub fn mixed_unit(seed: u64, a: u64, b: u64) -> f64 {
    // The 53 high bits are all that an f64 in 0..1 can hold.
    (mixed(seed, a, b) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// Smooth noise from about -1 to 1 that varies over `scale_km`, with `octaves` finer layers, each half as strong.
pub fn noise(seed: u64, point: Km, scale_km: f64, octaves: u32) -> f64 {
    let (mut sum, mut size, mut scale) = (0.0, 1.0, scale_km);
    for octave in 0..octaves {
        // Each layer is turned against the one before, or coasts would run north-south and east-west with the lattice.
        let (sin, cos) = (0.6 + 1.1 * f64::from(octave)).sin_cos();
        let turned = [(point[0] * cos - point[1] * sin) / scale, (point[0] * sin + point[1] * cos) / scale];
        sum += size * lattice(seed.wrapping_add(u64::from(octave) * 7919), turned);
        size *= 0.5;
        scale *= 0.5;
    }
    sum
}

/// Random numbers at whole coordinates, joined smoothly between.
fn lattice(seed: u64, [x, y]: [f64; 2]) -> f64 {
    let (left, below) = (x.floor(), y.floor());
    let at = |dx: f64, dy: f64| mixed_unit(seed, (left + dx) as i64 as u64, (below + dy) as i64 as u64);
    let ease = |t: f64| t * t * (3.0 - 2.0 * t);
    let (tx, ty) = (ease(x - left), ease(y - below));
    let row = |dy: f64| at(0.0, dy) + (at(1.0, dy) - at(0.0, dy)) * tx;
    row(0.0) + (row(1.0) - row(0.0)) * ty
}

/// Where islands are looked for, and their radii, in kilometres.
pub const ISLANDS: [(Km, f64); 3] = [([-148.0, -100.0], 13.0), ([-118.0, 128.0], 17.0), ([126.0, -118.0], 10.0)];

/// How far above the sea a point lies, without unit: land above 0. A rounded shield that leans north-east, bitten by
/// bays, with [`ISLANDS`] off it.
pub fn height(seed: u64, point: Km) -> f64 {
    // The plane is warped first, so that bays and capes bend instead of following the lattice.
    let warp = 22.0;
    let x = point[0] + warp * noise(seed ^ 0xA1, point, 70.0, 3);
    let y = point[1] + warp * noise(seed ^ 0xB2, point, 70.0, 3);
    let (along, across) = ((x * 0.45 + y * 0.9) / 150.0, (x * 0.9 - y * 0.45) / 105.0);
    let shield = 1.0 - (along.abs().powf(2.4) + across.abs().powf(2.2));
    let shore = 0.75 * shield + 0.42 * noise(seed ^ 0xC3, point, 62.0, 5);
    ISLANDS.iter().fold(shore, |highest, (centre, radius)| {
        let away = (point[0] - centre[0]).hypot(point[1] - centre[1]) / radius;
        highest.max(0.5 - 0.5 * away * away + 0.3 * noise(seed ^ 0xD4, point, 14.0, 4))
    })
}
