//! A goal of votes: the votes of a majority, the share of it that falls to each area, and the chance to reach it.

use quartier_model::{Node, Tree};

/// Parts of a vote in which an area's share of a goal is weighed before it becomes whole votes.
pub const PARTS_OF_A_VOTE: f64 = 1000.0;

/// What an area holds, in people.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stock {
    /// Electors.
    pub electors: f64,
    /// Favourable votes that the estimate counts, at most `electors`.
    pub in_hand: f64,
    /// Votes that could still be won: persuasion and mobilisation together, at most the other electors.
    pub potential: f64,
}

/// Votes of an absolute majority of so many voters: half of them, and one.
pub fn majority_of(voters: f64) -> u64 {
    // A cast from float saturates, and makes 0 of what is no number.
    (voters / 2.0).floor() as u64 + 1
}

/// The share of a goal of `votes` that falls to each area, in thousandths of a vote.
///
/// Votes beyond those in hand are asked of each area as its potential allows; beyond all potentials, of the electors
/// who are left. A goal below the votes in hand lowers all areas alike.
pub fn shares(votes: u64, stocks: &[Stock]) -> Vec<u64> {
    let sum = |of: fn(&Stock) -> f64| stocks.iter().map(of).sum::<f64>();
    let (electors, in_hand, potential) = (sum(|own| own.electors), sum(|own| own.in_hand), sum(|own| own.potential));
    let gap = votes as f64 - in_hand;
    let ratio = |part: f64, whole: f64| if whole > 0.0 { (part / whole).max(0.0) } else { 0.0 };
    let share = |own: &Stock| {
        if gap <= 0.0 {
            return own.in_hand * ratio(votes as f64, in_hand);
        }
        let won = own.potential * ratio(gap, potential).min(1.0);
        let left = (own.electors - own.in_hand - own.potential).max(0.0);
        own.in_hand + won + left * ratio(gap - potential, electors - in_hand - potential).min(1.0)
    };
    stocks.iter().map(|own| (share(own) * PARTS_OF_A_VOTE).round() as u64).collect()
}

/// Whole numbers in proportion to `weights` that add up to `total` exactly, by largest remainder, ties to the first.
/// Zeros where nothing has weight.
pub fn apportion(total: u64, weights: &[u64]) -> Vec<u64> {
    let whole: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let quotas = weights.iter().map(|weight| u128::from(total) * u128::from(*weight));
    // The quotient is at most `total`, which is 64 bits.
    let (mut parts, remainders): (Vec<u64>, Vec<u128>) =
        quotas.map(|quota| ((quota / whole) as u64, quota % whole)).unzip();
    let left = total - parts.iter().sum::<u64>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|a, b| remainders[*b].cmp(&remainders[*a]));
    for at in order.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        parts[at] += 1;
    }
    parts
}

/// Hands a goal down from `root`: the goals of the children of any area add up to its own. `weights` of every node of
/// the tree, those of leaves only being read. Nodes outside `root` have none.
pub fn down_the_tree(tree: &Tree, root: Node, total: u64, weights: &[u64]) -> Vec<u64> {
    let mut sums: Vec<u64> =
        (0..tree.len()).map(|node| if tree.is_leaf(node as Node) { weights[node] } else { 0 }).collect();
    tree.sum_upwards(&mut sums, |sum, own| *sum += own);
    let mut children: Vec<Vec<Node>> = vec![Vec::new(); tree.len()];
    for node in 1..tree.len() as Node {
        if let Some(parent) = tree.parent(node) {
            children[parent as usize].push(node);
        }
    }
    let mut goals = vec![0; tree.len()];
    goals[root as usize] = total;
    for node in root as usize..tree.len() {
        if goals[node] == 0 {
            continue;
        }
        let own: Vec<u64> = children[node].iter().map(|child| sums[*child as usize]).collect();
        for (child, part) in children[node].iter().zip(apportion(goals[node], &own)) {
            goals[*child as usize] = part;
        }
    }
    goals
}

/// The share of the draws that reach a number of votes; 0 without a draw.
pub fn chance(draws: &[f64], votes: u64) -> f64 {
    let reached = draws.iter().filter(|own| **own >= votes as f64).count();
    if draws.is_empty() { 0.0 } else { reached as f64 / draws.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock(electors: f64, in_hand: f64, potential: f64) -> Stock {
        Stock { electors, in_hand, potential }
    }

    #[test]
    fn a_majority_is_half_of_the_voters_and_one() {
        assert_eq!([0.0, 1.0, 2.0, 100.0, 101.0].map(majority_of), [1, 1, 2, 51, 51]);
    }

    #[test]
    fn what_is_missing_is_asked_where_it_can_be_won() {
        let stocks = [stock(100.0, 30.0, 20.0), stock(100.0, 30.0, 0.0), stock(100.0, 0.0, 60.0)];
        // 100 votes: 40 are missing, a potential of 20 to 60.
        assert_eq!(shares(100, &stocks), [40_000, 30_000, 30_000]);
        // 30 votes: fewer than those in hand.
        assert_eq!(shares(30, &stocks), [15_000, 15_000, 0]);
        // All 300 electors: each area gives all it has.
        assert_eq!(shares(300, &stocks), [100_000, 100_000, 100_000]);
        // 160 is 20 beyond every potential; 160 electors are left.
        assert_eq!(shares(160, &stocks), [56_250, 38_750, 65_000]);
    }

    #[test]
    fn no_area_is_asked_for_more_than_its_electors() {
        let stocks = [stock(10.0, 3.0, 7.0), stock(1000.0, 10.0, 0.0), stock(5.0, 0.0, 0.5)];
        for votes in 0..=1015 {
            for (share, own) in shares(votes, &stocks).iter().zip(&stocks) {
                assert!(*share as f64 <= own.electors * PARTS_OF_A_VOTE, "{votes}");
            }
        }
    }

    #[test]
    fn parts_add_up_and_stay_within_one_of_their_quota() {
        for (total, weights) in [(10, vec![1, 1, 1]), (7, vec![0, 5, 0]), (1, vec![3, 2, 2]), (u64::MAX, vec![1, 2])] {
            let parts = apportion(total, &weights);
            assert_eq!(parts.iter().map(|part| u128::from(*part)).sum::<u128>(), u128::from(total));
            let whole: u64 = weights.iter().sum();
            for (part, weight) in parts.iter().zip(&weights) {
                let floor = u128::from(total) * u128::from(*weight) / u128::from(whole);
                assert!(u128::from(*part) - floor <= 1);
            }
        }
        assert_eq!(apportion(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(apportion(5, &[0, 0]), [0, 0]);
        assert!(apportion(5, &[]).is_empty());
    }

    #[test]
    fn the_goals_of_children_add_up_to_their_parents() {
        // Two cities; three quarters in the first, the second has none; one quarter belongs to the root.
        let tree = Tree::new(&[vec![None, None], vec![Some(0), Some(0), Some(0), None]]).expect("a lawful tree");
        let weights = [0, 0, 333, 100, 100, 101, 77];
        for total in [0, 1, 2, 10, 999, 1_000_003] {
            let goals = down_the_tree(&tree, 0, total, &weights);
            assert_eq!((goals[0], goals[1] + goals[2] + goals[6]), (total, total));
            assert_eq!(goals[3] + goals[4] + goals[5], goals[1]);
        }
        let inside = down_the_tree(&tree, 1, 10, &weights);
        assert_eq!(inside, [0, 10, 0, 3, 3, 4, 0]);
    }

    #[test]
    fn the_chance_is_the_share_of_draws_that_reach_the_goal() {
        let draws: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!([0, 1, 101, 200, 201].map(|votes| chance(&draws, votes)), [1.0, 1.0, 0.5, 0.005, 0.0]);
        assert!(chance(&[], 1) < f64::EPSILON);
    }
}
