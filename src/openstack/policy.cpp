// Checks are compiled once into a flat vector of nodes; a rule is the index of its root.
#include "openstack/policy.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace openstack {
namespace {

using Index = size_t;
constexpr Index kNone = std::numeric_limits<Index>::max();

enum class Op { yes, no, both, either, negate, rule, role, compare };

// What of the caller a comparison looks at.
struct CallerFieldRow {
  std::string_view name;
  const std::string Identity::* member;
};
constexpr CallerFieldRow kCallerFields[] = {
    {"user_id", &Identity::user_id},       {"user_domain_id", &Identity::user_domain_id},
    {"project_id", &Identity::project_id}, {"tenant_id", &Identity::project_id},
    {"tenant", &Identity::project_id},     {"project_domain_id", &Identity::project_domain_id},
    {"domain_id", &Identity::domain_id},
};

struct Node {
  Op op = Op::no;
  Index left = kNone;  // also the rule's root
  Index right = kNone;
  std::string text = {};  // role; literal or target attribute to compare with
  bool text_is_attribute = false;
  const std::string Identity::* caller = nullptr;  // compare: else the two flags below
  bool caller_is_admin = false;
  bool caller_is_system = false;
  std::string literal = {};  // compare: 'literal':%(attribute)s
};

[[noreturn]] void refuse(std::string_view check, std::string_view why) {
  throw base::Error(base::ErrorKind::internal, "The policy table is malformed.",
                    fmt::format("check \"{}\": {}", check, why));
}

// oslo.policy's tokens: words split at blanks, parentheses only at their ends ("%(x)s" has some
// inside).
std::vector<std::string_view> tokens_of(std::string_view check) {
  std::vector<std::string_view> tokens;
  for (std::string_view word : base::split(check, ' ')) {
    while (!word.empty() && word.front() == '(') {
      tokens.push_back(word.substr(0, 1));
      word.remove_prefix(1);
    }
    size_t closing = 0;
    while (closing < word.size() && word[word.size() - 1 - closing] == ')') ++closing;
    const std::string_view inner = word.substr(0, word.size() - closing);
    if (!inner.empty()) tokens.push_back(inner);
    for (size_t i = 0; i < closing; ++i) tokens.push_back(")");
  }
  return tokens;
}

// Recursive descent: or < and < not < ( ) and single checks.
class Compiler {
 public:
  Compiler(std::vector<Node>& nodes, std::string_view check)
      : nodes_(nodes), check_(check), tokens_(tokens_of(check)) {}

  Index compile() {
    if (tokens_.empty()) return add({.op = Op::yes});
    const Index root = either();
    if (at_ != tokens_.size()) refuse(check_, "trailing words");
    return root;
  }

 private:
  bool take(std::string_view word) {
    if (at_ >= tokens_.size() || base::lower(tokens_[at_]) != word) return false;
    ++at_;
    return true;
  }
  Index add(Node node) {
    nodes_.push_back(std::move(node));
    return nodes_.size() - 1;
  }
  Index either() {
    Index left = both();
    while (take("or")) {
      const Index right = both();
      left = add({.op = Op::either, .left = left, .right = right});
    }
    return left;
  }
  Index both() {
    Index left = unary();
    while (take("and")) {
      const Index right = unary();
      left = add({.op = Op::both, .left = left, .right = right});
    }
    return left;
  }
  Index unary() {
    if (take("not")) {
      const Index operand = unary();
      return add({.op = Op::negate, .left = operand});
    }
    if (take("(")) {
      const Index inner = either();
      if (!take(")")) refuse(check_, "a closing parenthesis is missing");
      return inner;
    }
    if (at_ >= tokens_.size()) refuse(check_, "a check is missing");
    return single(tokens_[at_++]);
  }

  Index single(std::string_view word) {
    if (word == "@") return add({.op = Op::yes});
    if (word == "!") return add({.op = Op::no});
    const size_t colon = word.find(':');
    if (colon == std::string_view::npos || colon == 0)
      refuse(check_, fmt::format("\"{}\" is no check", word));
    const std::string_view kind = word.substr(0, colon);
    const std::string_view match = word.substr(colon + 1);
    if (kind == "rule") return add({.op = Op::rule, .text = std::string(match)});
    if (kind == "role") return add({.op = Op::role, .text = base::lower(match)});
    return comparison(kind, match);
  }

  Index comparison(std::string_view kind, std::string_view match) {
    Node node{.op = Op::compare, .text = std::string(match)};
    if (match.starts_with("%(") && match.ends_with(")s")) {
      node.text = std::string(match.substr(2, match.size() - 4));
      node.text_is_attribute = true;
    }
    if (kind.size() >= 2 && kind.front() == '\'' && kind.back() == '\'') {
      node.literal = std::string(kind.substr(1, kind.size() - 2));
      return add(std::move(node));
    }
    node.caller_is_admin = kind == "is_admin";
    node.caller_is_system = kind == "system_scope";
    for (const CallerFieldRow& row : kCallerFields)
      if (row.name == kind) node.caller = row.member;
    if (!node.caller && !node.caller_is_admin && !node.caller_is_system)
      refuse(check_, fmt::format("\"{}\" is unknown", kind));
    return add(std::move(node));
  }

  std::vector<Node>& nodes_;
  std::string_view check_;
  std::vector<std::string_view> tokens_;
  size_t at_ = 0;
};

// The target of a request on the caller's own things, without building a map.
std::optional<std::string_view> own_attribute(const Context& context, std::string_view name) {
  if (name == "project_id" || name == "tenant_id") return context.identity.project_id;
  if (name == "user_id") return context.identity.user_id;
  return std::nullopt;
}

struct Question {
  const Context& context;
  const PolicyTarget* target;  // null: the caller's own

  std::optional<std::string_view> attribute(std::string_view name) const {
    if (!target) return own_attribute(context, name);
    const auto found = target->find(name);
    if (found == target->end()) return std::nullopt;
    return found->second;
  }
};

bool is_true(std::string_view text) {
  return text == "1" || base::equals_ignoring_case(text, "true");
}

bool compare(const Node& node, const Question& question) {
  std::optional<std::string_view> expected = node.text;
  if (node.text_is_attribute) expected = question.attribute(node.text);
  if (!expected) return false;
  if (node.caller_is_admin) return is_true(*expected) == question.context.is_admin();
  if (node.caller_is_system) return question.context.identity.system && *expected == "all";
  if (!node.caller) return node.literal == *expected;
  const std::string& actual = question.context.identity.*node.caller;
  // An unscoped token has no project: it must not match a resource that has none either.
  return !actual.empty() && actual == *expected;
}

bool evaluate(const std::vector<Node>& nodes, Index index, const Question& question) {
  const Node& node = nodes[index];
  switch (node.op) {
    case Op::yes:
      return true;
    case Op::no:
      return false;
    case Op::both:
      return evaluate(nodes, node.left, question) && evaluate(nodes, node.right, question);
    case Op::either:
      return evaluate(nodes, node.left, question) || evaluate(nodes, node.right, question);
    case Op::negate:
      return !evaluate(nodes, node.left, question);
    case Op::rule:
      return evaluate(nodes, node.left, question);
    case Op::role:
      return question.context.identity.has_role(node.text);
    case Op::compare:
      return compare(node, question);
  }
  return false;
}

}  // namespace

struct Policy::Compiled {
  std::vector<Node> nodes;
  std::unordered_map<std::string_view, Index> roots;

  void link(std::span<const PolicyRule> rules);
  void refuse_cycle(Index index, size_t depth) const;
  bool allows(std::string_view rule, const Question& question) const {
    const auto root = roots.find(rule);
    return root != roots.end() && evaluate(nodes, root->second, question);
  }
};

void Policy::Compiled::link(std::span<const PolicyRule> rules) {
  for (Node& node : nodes) {
    if (node.op != Op::rule) continue;
    const auto root = roots.find(node.text);
    if (root == roots.end()) refuse("rule:" + node.text, "there is no such rule");
    node.left = root->second;
  }
  for (const PolicyRule& rule : rules) refuse_cycle(roots.at(rule.name), 0);
}

void Policy::Compiled::refuse_cycle(Index index, size_t depth) const {
  constexpr size_t kDeepest = 64;
  if (depth > kDeepest) refuse(nodes[index].text, "rules refer to each other in a circle");
  if (nodes[index].left != kNone) refuse_cycle(nodes[index].left, depth + 1);
  if (nodes[index].right != kNone) refuse_cycle(nodes[index].right, depth + 1);
}

Policy::Policy(std::span<const PolicyRule> rules)
    : rules_(rules), compiled_(std::make_unique<Compiled>()) {
  for (const PolicyRule& rule : rules) {
    const Index root = Compiler(compiled_->nodes, rule.check).compile();
    if (!compiled_->roots.emplace(rule.name, root).second)
      refuse(rule.check, fmt::format("rule {} is there twice", rule.name));
  }
  compiled_->link(rules);
}

Policy::~Policy() = default;

bool Policy::allows(const Context& context, std::string_view rule,
                    const PolicyTarget& target) const {
  return compiled_->allows(rule, {context, &target});
}

namespace {
[[noreturn]] void deny(std::string_view rule) {
  throw base::Error(base::ErrorKind::forbidden,
                    fmt::format("Policy doesn't allow {} to be performed.", rule),
                    std::string(rule))
      .with_type(std::string(kPolicyNotAuthorized));
}
}  // namespace

void Policy::enforce(const Context& context, std::string_view rule,
                     const PolicyTarget& target) const {
  if (!compiled_->allows(rule, {context, &target})) deny(rule);
}

void Policy::enforce(const Context& context, std::string_view rule) const {
  if (!compiled_->allows(rule, {context, nullptr})) deny(rule);
}

}  // namespace openstack
