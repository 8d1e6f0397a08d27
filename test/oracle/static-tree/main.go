// Checks an exported C2SP static tree with the packages behind Go's own checksum database, which share no code with this
// project: Debian's golang-golang-x-mod-dev. Test-only.
//
//	static-tree <folder> <vkey> <consistency.json> [<file.tlog-proof> ...]
//
// consistency.json is a list of {"size", "root", "proof"}: older trees, each with our proof that this one extends it.
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // C2SP tiles hold 256 hashes

func main() {
	if len(os.Args) < 4 {
		fail(errors.New("usage: static-tree <folder> <vkey> <consistency.json> [<tlog-proof> ...]"))
	}
	folder, vkey, older, proofs := os.Args[1], os.Args[2], os.Args[3], os.Args[4:]
	verifier, err := newVerifier(vkey)
	fail(err)
	checkpoint, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	fail(err)
	tree, err := openCheckpoint(checkpoint, verifier)
	fail(err)
	entries, err := readEntries(folder, tree.N)
	fail(err)

	var hashes stored
	for at, entry := range entries {
		added, err := tlog.StoredHashes(int64(at), entry, hashes)
		fail(err)
		hashes = append(hashes, added...)
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	fail(err)
	if root != tree.Hash {
		fail(fmt.Errorf("the entries give the root %v, the checkpoint signs %v", root, tree.Hash))
	}
	tiles, err := checkTiles(folder, tree.N, hashes)
	fail(err)
	for _, proof := range proofs {
		fail(checkInclusion(proof, verifier, entries, hashes))
	}
	consistent, err := checkConsistency(older, tree, hashes)
	fail(err)
	fmt.Printf("ok: %d entries, root %v, %d tiles, %d inclusion and %d consistency proofs\n",
		tree.N, tree.Hash, tiles, len(proofs), consistent)
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

// stored is the whole tree in memory, in the order in which tlog counts hashes.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		if index >= int64(len(s)) {
			return nil, fmt.Errorf("there is no hash %d", index)
		}
		found = append(found, s[index])
	}
	return found, nil
}

// openCheckpoint verifies the note and reads origin, size and root. The text differs from Go's own signed tree only in its
// first line.
func openCheckpoint(message []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != verifier.Name() || strings.Count(rest, "\n") != 2 {
		return tlog.Tree{}, fmt.Errorf("no checkpoint of %s", verifier.Name())
	}
	return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
}

// tilePath is Go's path without the height, which C2SP leaves out; level -1 holds the entries.
func tilePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// tilesOf are the tiles of a tree: of each level the full ones and at most one partial.
func tilesOf(size int64) []tlog.Tile {
	var tiles []tlog.Tile
	for level := 0; size>>(height*level) > 0; level++ {
		hashes := size >> (height * level)
		for n := int64(0); n<<height < hashes; n++ {
			width := hashes - n<<height
			if width > 1<<height {
				width = 1 << height
			}
			tiles = append(tiles, tlog.Tile{H: height, L: level, N: n, W: int(width)})
		}
	}
	return tiles
}

// readEntries splits the entry bundles: each entry has its length in two bytes before it.
func readEntries(folder string, size int64) ([][]byte, error) {
	var entries [][]byte
	for _, tile := range tilesOf(size) {
		if tile.L > 0 {
			break
		}
		bundle, err := os.ReadFile(filepath.Join(folder, tilePath(tlog.Tile{H: height, L: -1, N: tile.N, W: tile.W})))
		if err != nil {
			return nil, err
		}
		for i := 0; i < tile.W; i++ {
			if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
				return nil, fmt.Errorf("bundle %d ends within entry %d", tile.N, i)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			entries = append(entries, bundle[2:end])
			bundle = bundle[end:]
		}
		if len(bundle) > 0 {
			return nil, fmt.Errorf("bundle %d has %d bytes too many", tile.N, len(bundle))
		}
	}
	return entries, nil
}

// checkTiles compares every hash tile, and refuses any other file below tile/.
func checkTiles(folder string, size int64, hashes tlog.HashReader) (int, error) {
	expected := map[string]bool{}
	for _, tile := range tilesOf(size) {
		path := tilePath(tile)
		expected[path] = true
		if tile.L == 0 {
			expected[tilePath(tlog.Tile{H: height, L: -1, N: tile.N, W: tile.W})] = true
		}
		want, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return 0, err
		}
		got, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			return 0, err
		}
		if !bytes.Equal(got, want) {
			return 0, fmt.Errorf("%s does not hold the hashes of the entries", path)
		}
	}
	err := filepath.WalkDir(filepath.Join(folder, "tile"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if name, _ := filepath.Rel(folder, path); !expected[filepath.ToSlash(name)] {
			return fmt.Errorf("%s is no tile of this tree", name)
		}
		return nil
	})
	return len(expected), err
}

// checkInclusion reads one c2sp.org/tlog-proof@v1 file about an entry of this log.
func checkInclusion(file string, verifier note.Verifier, entries [][]byte, hashes tlog.HashReader) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, checkpoint, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("%s is no tlog-proof", file)
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return fmt.Errorf("%s names no index", file)
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil || index < 0 || index >= int64(len(entries)) {
		return fmt.Errorf("%s is about no entry of this log", file)
	}
	tree, err := openCheckpoint([]byte(checkpoint), verifier)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entries[index])); err != nil {
		return err
	}
	if tree.N > int64(len(entries)) {
		return nil
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err == nil && root != tree.Hash {
		err = fmt.Errorf("%s is about another log", file)
	}
	return err
}

func checkConsistency(file string, tree tlog.Tree, hashes tlog.HashReader) (int, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	var claims []struct {
		Size  int64
		Root  tlog.Hash
		Proof tlog.TreeProof
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		return 0, err
	}
	for _, claim := range claims {
		root, err := tlog.TreeHash(claim.Size, hashes)
		if err != nil {
			return 0, err
		}
		if root != claim.Root {
			return 0, fmt.Errorf("the first %d entries have another root", claim.Size)
		}
		if err := tlog.CheckTree(claim.Proof, tree.N, tree.Hash, claim.Size, claim.Root); err != nil {
			return 0, err
		}
	}
	return len(claims), nil
}

// newVerifier adds to Go's package the ECDSA keys of C2SP signed-note, which it does not know.
func newVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("no vkey")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) == 0 || key[0] != 2 {
		return note.NewVerifier(vkey)
	}
	id := sha256.Sum256(key[1:])
	if fmt.Sprintf("%x", id[:4]) != parts[1] {
		return nil, errors.New("the id does not belong to the key")
	}
	public, err := x509.ParsePKIXPublicKey(key[1:])
	if err != nil {
		return nil, err
	}
	ecdsaKey, isECDSA := public.(*ecdsa.PublicKey)
	if !isECDSA {
		return nil, errors.New("no ECDSA key")
	}
	return &ecdsaVerifier{parts[0], binary.BigEndian.Uint32(id[:4]), ecdsaKey}, nil
}

type ecdsaVerifier struct {
	name string
	hash uint32
	key  *ecdsa.PublicKey
}

func (v *ecdsaVerifier) Name() string    { return v.name }
func (v *ecdsaVerifier) KeyHash() uint32 { return v.hash }
func (v *ecdsaVerifier) Verify(message, signature []byte) bool {
	digest := sha256.Sum256(message)
	return ecdsa.VerifyASN1(v.key, digest[:], signature)
}
