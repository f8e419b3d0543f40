//! The Merkle tree of a log (RFC 6962): leaf hashes, the frontier that is kept on the head row, and its root.
//! Must never need more than the frontier to append: 32 bytes for each bit of the size.

use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// Hash of a leaf: SHA-256 of a zero byte and the leaf's bytes.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(bytes);
    hash.finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left);
    hash.update(right);
    hash.finalize().into()
}

/// A tree of `size` leaves, kept as the roots of its perfect subtrees, largest first.
///
/// INVARIANT: the frontier holds one hash for each bit set in the size.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree {
    size: u64,
    frontier: Vec<Hash>,
}

/// Stored bytes that are no frontier of a tree of the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the frontier of a tree of this size")]
pub struct FrontierError;

impl Tree {
    /// Reads the frontier of a tree of `size` leaves.
    pub fn decode(size: u64, bytes: &[u8]) -> Result<Tree, FrontierError> {
        let hashes = bytes.chunks_exact(32);
        if !hashes.remainder().is_empty() || hashes.len() != size.count_ones() as usize {
            return Err(FrontierError);
        }
        let frontier = hashes
            .map(|chunk| Hash::try_from(chunk).map_err(|_| FrontierError))
            .collect::<Result<_, _>>()?;
        Ok(Tree { size, frontier })
    }

    /// The frontier as kept on the head row.
    pub fn encode(&self) -> Vec<u8> {
        self.frontier.concat()
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each trailing one bit of the old size is a perfect subtree of the size of what we carry.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.frontier.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.frontier.push(node);
        self.size += 1;
    }

    /// The root; of an empty tree, SHA-256 of nothing.
    pub fn root(&self) -> Hash {
        let mut subtrees = self.frontier.iter().rev();
        match subtrees.next() {
            None => Sha256::digest([]).into(),
            Some(smallest) => subtrees.fold(*smallest, |right, left| node_hash(left, &right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition of RFC 6962, section 2.1, word by word.
    fn naive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            _ => {
                let mut k = 1;
                while k * 2 < leaves.len() {
                    k *= 2;
                }
                node_hash(&naive(&leaves[..k]), &naive(&leaves[k..]))
            }
        }
    }

    fn tree(leaves: &[Hash]) -> Tree {
        let mut tree = Tree::default();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        tree
    }

    #[test]
    fn roots_are_those_of_the_published_test_vectors() {
        // The inputs and roots of the Certificate Transparency reference implementation.
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves: Vec<Hash> = inputs
            .iter()
            .map(|text| leaf_hash(&hex::decode(text).unwrap()))
            .collect();
        for (size, root) in roots.iter().enumerate() {
            assert_eq!(hex::encode(tree(&leaves[..size]).root()), *root, "size {size}");
        }
    }

    #[test]
    fn bytes_of_another_size_are_no_frontier() {
        let three = tree(&[leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")]);
        assert_eq!(Tree::decode(3, &three.encode()), Ok(three.clone()));
        assert_eq!(Tree::decode(4, &three.encode()), Err(FrontierError));
        assert_eq!(Tree::decode(3, &three.encode()[1..]), Err(FrontierError));
    }

    proptest! {
        #[test]
        fn the_root_is_that_of_the_recursive_definition(leaves in prop::collection::vec(any::<[u8; 32]>(), 0..200)) {
            let tree = tree(&leaves);
            prop_assert_eq!(tree.root(), naive(&leaves));
            prop_assert_eq!(Tree::decode(leaves.len() as u64, &tree.encode()), Ok(tree));
        }
    }
}
