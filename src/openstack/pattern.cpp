// Regular expressions by simulating all alternatives at once (Thompson's NFA), so that no text that
// a client sends can make matching slow. Parsed into a tree, emitted as a program of small
// instructions; counted repetitions are written out.
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "openstack/programming_error.hpp"
#include "openstack/schema.hpp"

namespace openstack {
namespace {

constexpr int kUnbounded = -1;
constexpr int kMostRepetitions = 4096;

struct Range {
  char32_t first;
  char32_t last;
};

// Python's \d, \w and \s also take in the letters and digits of other scripts; what lies outside
// ASCII is told apart here by its block only.
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_space(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f) || c == 0x85 ||
         c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x3000;
}
bool is_word(char32_t c) {
  if (c < 0x80) return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
  if (c == 0xd7 || c == 0xf7) return false;
  return !(c >= 0x2000 && c <= 0x2bff) && !(c >= 0x3000 && c <= 0x3004) &&
         !(c >= 0xe000 && c <= 0xf8ff);
}

// Characters by ranges and by class letters (dDwWsS).
struct CharacterSet {
  std::vector<Range> ranges = {};
  std::string classes = {};
  bool negated = false;

  bool contains(char32_t c) const {
    for (const Range& range : ranges)
      if (c >= range.first && c <= range.last) return !negated;
    for (const char letter : classes)
      if (in_class(letter, c)) return !negated;
    return negated;
  }
  static bool in_class(char letter, char32_t c) {
    switch (letter) {
      case 'd':
        return is_digit(c);
      case 'D':
        return !is_digit(c);
      case 'w':
        return is_word(c);
      case 'W':
        return !is_word(c);
      case 's':
        return is_space(c);
      default:
        return !is_space(c);
    }
  }
};

enum class Kind { set, sequence, choice, repeat, begin, end, very_end, look, look_not };

struct Tree {
  Kind kind = Kind::sequence;
  CharacterSet set = {};
  std::vector<Tree> children = {};
  int min = 0;
  int max = kUnbounded;
};

std::optional<std::u32string> decode_utf8(std::string_view text) {
  if (!base::utf8_length(text)) return std::nullopt;
  std::u32string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t c = size == 1 ? lead : lead & (0x7fU >> size);
    for (size_t k = 1; k < size; ++k) c = (c << 6) | (static_cast<unsigned char>(text[i + k]) & 63);
    out += c;
    i += size;
  }
  return out;
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : text_(pattern) {
    const auto decoded = decode_utf8(pattern);
    if (!decoded) refuse("is not UTF-8");
    pattern_ = *decoded;
  }
  Tree parse() {
    Tree tree = choice();
    if (at_ != pattern_.size()) refuse("has a closing parenthesis too many");
    return tree;
  }

 private:
  [[noreturn]] void refuse(std::string_view why) {
    throw base::Error(base::ErrorKind::bad_request, fmt::format("pattern {} {}", text_, why));
  }
  bool more() const { return at_ < pattern_.size(); }
  bool take(std::u32string_view word) {
    if (pattern_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }
  char32_t next() {
    if (!more()) refuse("ends too early");
    return pattern_[at_++];
  }

  Tree choice() {
    Tree tree{.kind = Kind::choice};
    tree.children.push_back(sequence());
    while (take(U"|")) tree.children.push_back(sequence());
    return tree.children.size() == 1 ? std::move(tree.children.front()) : tree;
  }
  Tree sequence() {
    Tree tree;
    while (more() && pattern_[at_] != '|' && pattern_[at_] != ')')
      tree.children.push_back(repeated(atom()));
    return tree;
  }

  Tree repeated(Tree inner) {
    int min = 0;
    int max = kUnbounded;
    if (take(U"*")) {
    } else if (take(U"+")) {
      min = 1;
    } else if (take(U"?")) {
      max = 1;
    } else if (!counts(min, max)) {
      return inner;
    }
    take(U"?");  // lazy: takes in the same texts
    Tree tree{.kind = Kind::repeat, .min = min, .max = max};
    tree.children.push_back(std::move(inner));
    return repeated(std::move(tree));
  }
  // "{2}", "{2,}", "{,5}", "{2,5}"; any other brace stands for itself.
  bool counts(int& min, int& max) {
    const size_t close = pattern_.find(U'}', at_);
    if (!more() || pattern_[at_] != '{' || close == std::u32string::npos) return false;
    const std::string inner(pattern_.begin() + static_cast<std::ptrdiff_t>(at_) + 1,
                            pattern_.begin() + static_cast<std::ptrdiff_t>(close));
    const auto parts = base::split(inner, ',');
    const auto low = parts[0].empty() ? std::optional<int64_t>(0) : base::parse_integer(parts[0]);
    const auto high = parts.size() == 1  ? low
                      : parts[1].empty() ? std::optional<int64_t>(kUnbounded)
                                         : base::parse_integer(parts[1]);
    if (parts.size() > 2 || inner.empty() || !low || !high) return false;
    if (*low > kMostRepetitions || *high > kMostRepetitions) refuse("repeats too often");
    min = static_cast<int>(*low);
    max = static_cast<int>(*high);
    at_ = close + 1;
    return true;
  }

  Tree atom() {
    if (take(U"(?:")) return group(Kind::sequence);
    if (take(U"(?=")) return group(Kind::look);
    if (take(U"(?!")) return group(Kind::look_not);
    if (take(U"(?")) refuse("has an unknown kind of group");
    if (take(U"(")) return group(Kind::sequence);
    if (take(U"[")) return {.kind = Kind::set, .set = bracket()};
    if (take(U"^") || take(U"\\A")) return {.kind = Kind::begin};
    if (take(U"$")) return {.kind = Kind::end};
    if (take(U"\\Z")) return {.kind = Kind::very_end};
    if (take(U".")) return {.kind = Kind::set, .set = {{{'\n', '\n'}}, "", true}};
    CharacterSet set;
    const char32_t c = character(set);
    if (set.classes.empty()) set.ranges.push_back({c, c});
    return {.kind = Kind::set, .set = std::move(set)};
  }
  Tree group(Kind kind) {
    Tree inner = choice();
    if (!take(U")")) refuse("lacks a closing parenthesis");
    if (kind == Kind::sequence) return inner;
    Tree tree{.kind = kind};
    tree.children.push_back(std::move(inner));
    return tree;
  }

  CharacterSet bracket() {
    CharacterSet set;
    set.negated = take(U"^");
    for (bool first = true; first || !take(U"]"); first = false) {
      const size_t classes = set.classes.size();
      const char32_t low = character(set);
      if (set.classes.size() != classes) continue;
      const bool range =
          at_ + 1 < pattern_.size() && pattern_[at_] == '-' && pattern_[at_ + 1] != ']';
      if (range) ++at_;
      const char32_t high = range ? character(set) : low;
      if (high < low) refuse("has a range the wrong way round");
      set.ranges.push_back({low, high});
    }
    return set;
  }
  // One character, or 0 for an escape that added a class to `set`.
  char32_t character(CharacterSet& set) {
    const char32_t c = next();
    if (c != '\\') return c;
    const char32_t escaped = next();
    switch (escaped) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 's':
      case 'S':
        set.classes += static_cast<char>(escaped);
        return 0;
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'f':
        return '\f';
      case 'v':
        return '\v';
      case 'x':
        return hex(2);
      case 'u':
        return hex(4);
      default:
        if (is_word(escaped)) refuse("has an unknown escape");
        return escaped;
    }
  }
  char32_t hex(size_t digits) {
    char32_t value = 0;
    for (size_t i = 0; i < digits; ++i) {
      const char32_t c = next();
      const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!letter && !is_digit(c)) refuse("has a malformed escape");
      value = value * 16 + (letter ? (c | 0x20U) - 'a' + 10 : c - '0');
    }
    return value;
  }

  std::string_view text_;
  std::u32string pattern_;
  size_t at_ = 0;
};

enum class Opcode { set, split, jump, begin, end, very_end, look, look_not, match };

struct Instruction {
  Opcode op;
  size_t target = 0;  // split, jump: the other way; look: where to go on after its program
  size_t set = 0;
};

}  // namespace

struct Pattern::Program {
  std::vector<Instruction> code;
  std::vector<CharacterSet> sets;

  size_t put(Opcode op) {
    code.push_back({op});
    return code.size() - 1;
  }
  void emit(const Tree& tree);
  void emit_choice(const Tree& tree);
  void emit_repeat(const Tree& tree);
  void emit_look(const Tree& tree);
};

void Pattern::Program::emit(const Tree& tree) {
  switch (tree.kind) {
    case Kind::set:
      code.push_back({Opcode::set, 0, sets.size()});
      sets.push_back(tree.set);
      return;
    case Kind::sequence:
      for (const Tree& child : tree.children) emit(child);
      return;
    case Kind::choice:
      return emit_choice(tree);
    case Kind::repeat:
      return emit_repeat(tree);
    case Kind::begin:
      put(Opcode::begin);
      return;
    case Kind::end:
      put(Opcode::end);
      return;
    case Kind::very_end:
      put(Opcode::very_end);
      return;
    case Kind::look:
    case Kind::look_not:
      return emit_look(tree);
  }
}

void Pattern::Program::emit_choice(const Tree& tree) {
  std::vector<size_t> ends;
  for (const Tree& child : tree.children) {
    const bool last = &child == &tree.children.back();
    const size_t split = last ? 0 : put(Opcode::split);
    emit(child);
    if (last) break;
    ends.push_back(put(Opcode::jump));
    code[split].target = code.size();
  }
  for (const size_t end : ends) code[end].target = code.size();
}

void Pattern::Program::emit_repeat(const Tree& tree) {
  const Tree& inner = tree.children.front();
  for (int i = 0; i < tree.min; ++i) emit(inner);
  if (tree.max == kUnbounded) {
    const size_t split = put(Opcode::split);
    emit(inner);
    code[put(Opcode::jump)].target = split;
    code[split].target = code.size();
    return;
  }
  std::vector<size_t> splits;
  for (int i = tree.min; i < tree.max; ++i) {
    splits.push_back(put(Opcode::split));
    emit(inner);
  }
  for (const size_t split : splits) code[split].target = code.size();
}

void Pattern::Program::emit_look(const Tree& tree) {
  const size_t look = put(tree.kind == Kind::look ? Opcode::look : Opcode::look_not);
  emit(tree.children.front());
  put(Opcode::match);
  code[look].target = code.size();
}

namespace {

// One run over one text.
class Matcher {
 public:
  Matcher(const std::vector<Instruction>& code, const std::vector<CharacterSet>& sets,
          std::u32string_view text)
      : code_(code), sets_(sets), text_(text) {}

  bool search() {
    std::vector<size_t> states;
    std::vector<char> seen(code_.size());
    for (size_t at = 0; at <= text_.size(); ++at) {
      // A match may begin anywhere.
      if (follow(0, at, states, seen)) return true;
      if (at < text_.size() && step(at, states, seen)) return true;
    }
    return false;
  }

 private:
  bool matches_from(size_t start, size_t at) {
    std::vector<size_t> states;
    std::vector<char> seen(code_.size());
    if (follow(start, at, states, seen)) return true;
    for (; at < text_.size() && !states.empty(); ++at)
      if (step(at, states, seen)) return true;
    return false;
  }

  // Moves all states over the character at `at`. True: the match is complete.
  bool step(size_t at, std::vector<size_t>& states, std::vector<char>& seen) {
    std::fill(seen.begin(), seen.end(), 0);
    std::vector<size_t> next;
    for (const size_t state : states)
      if (sets_[code_[state].set].contains(text_[at]) && follow(state + 1, at + 1, next, seen))
        return true;
    states.swap(next);
    return false;
  }

  // Adds every state that waits for a character and can be reached without one.
  bool follow(size_t start, size_t at, std::vector<size_t>& states, std::vector<char>& seen) {
    std::vector<size_t> open{start};
    while (!open.empty()) {
      const size_t pc = open.back();
      open.pop_back();
      if (std::exchange(seen[pc], 1)) continue;
      const Instruction& instruction = code_[pc];
      switch (instruction.op) {
        case Opcode::match:
          return true;
        case Opcode::set:
          states.push_back(pc);
          break;
        case Opcode::split:
          open.push_back(instruction.target);
          open.push_back(pc + 1);
          break;
        case Opcode::jump:
          open.push_back(instruction.target);
          break;
        case Opcode::look:
        case Opcode::look_not:
          if (matches_from(pc + 1, at) == (instruction.op == Opcode::look))
            open.push_back(instruction.target);
          break;
        default:
          if (holds(instruction.op, at)) open.push_back(pc + 1);
      }
    }
    return false;
  }

  bool holds(Opcode op, size_t at) const {
    if (op == Opcode::begin) return at == 0;
    if (at == text_.size()) return true;
    // Python's $ also stands before a line feed that ends the text.
    return op == Opcode::end && at + 1 == text_.size() && text_[at] == '\n';
  }

  const std::vector<Instruction>& code_;
  const std::vector<CharacterSet>& sets_;
  std::u32string_view text_;
};

}  // namespace

Pattern Pattern::parse(std::string_view pattern) {
  auto program = std::make_unique<Program>();
  program->emit(Parser(pattern).parse());
  program->put(Opcode::match);
  return Pattern(std::move(program));
}

Pattern::Pattern(std::unique_ptr<Program> program) : program_(std::move(program)) {}

Pattern::Pattern(std::string_view pattern) {
  try {
    *this = parse(pattern);
  } catch (const base::Error& error) {
    refuse_table(error.message());
  }
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

bool Pattern::search(std::string_view text) const {
  const auto decoded = decode_utf8(text);
  return decoded && Matcher(program_->code, program_->sets, *decoded).search();
}

}  // namespace openstack
