#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/error.hpp"
#include "cinder/scheduler/expression.hpp"
#include "cinder/scheduler/expression_tree.hpp"

namespace cinder::scheduler {
namespace {

using Kind = Node::Kind;

[[noreturn]] void fail_to_parse(const std::string& why) {
  throw base::Error(base::ErrorKind::bad_request, "The expression can not be read: " + why + ".");
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

enum class TokenKind { number, word, quoted, sign, end };
struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
};

class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) { advance(); }
  [[nodiscard]] const Token& current() const { return current_; }
  [[nodiscard]] bool is_one_of(std::initializer_list<std::string_view> texts) const {
    if (current_.kind != TokenKind::word && current_.kind != TokenKind::sign) return false;
    return std::find(texts.begin(), texts.end(), current_.text) != texts.end();
  }
  std::string take() {
    std::string text(current_.text);
    advance();
    return text;
  }
  void expect(std::string_view text) {
    if (!is_one_of({text})) fail_to_parse("'" + std::string(text) + "' is missing");
    advance();
  }

 private:
  void advance() {
    const size_t start = std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size());
    rest_.remove_prefix(start);
    if (rest_.empty()) return static_cast<void>(current_ = {});
    if (is_digit(rest_.front())) return cut(TokenKind::number, number_length());
    if (is_word(rest_.front())) return cut(TokenKind::word, length_of(is_word));
    if (rest_.front() == '"' || rest_.front() == '\'') return cut_quoted();
    cut(TokenKind::sign, sign_length());
  }
  [[nodiscard]] size_t length_of(bool (*belongs)(char), size_t from = 0) const {
    size_t length = from;
    while (length < rest_.size() && belongs(rest_[length])) ++length;
    return length;
  }
  [[nodiscard]] size_t number_length() const {
    const size_t whole = length_of(is_digit);
    if (whole + 1 >= rest_.size() || rest_[whole] != '.' || !is_digit(rest_[whole + 1]))
      return whole;
    return length_of(is_digit, whole + 1);
  }
  [[nodiscard]] size_t sign_length() const {
    for (const std::string_view two : {"<=", ">=", "!=", "==", "<>", "&&", "||"})
      if (rest_.starts_with(two)) return 2;
    return 1;
  }
  void cut(TokenKind kind, size_t length) {
    current_ = {kind, rest_.substr(0, length)};
    rest_.remove_prefix(length);
  }
  void cut_quoted() {
    const size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) fail_to_parse("a quotation mark has no other");
    current_ = {TokenKind::quoted, rest_.substr(1, end - 1)};
    rest_.remove_prefix(end + 1);
  }

  std::string_view rest_;
  Token current_;
};

class ExpressionParser {
 public:
  explicit ExpressionParser(std::string_view text) : tokens_(text) {}

  Node parse() {
    Node node = parse_any_of();
    if (tokens_.current().kind != TokenKind::end)
      fail_to_parse("nothing is expected at '" + std::string(tokens_.current().text) + "'");
    return node;
  }

 private:
  using Operators = std::initializer_list<std::string_view>;
  using Level = Node (ExpressionParser::*)();

  // What calls itself without a bound otherwise.
  struct Depth {
    explicit Depth(int& count) : count_(count) {
      if (++count_ > kDeepestExpression) fail_to_parse("it is nested too deep");
    }
    ~Depth() { --count_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    int& count_;
  };

  // One operand, or several with operators between them.
  Node parse_chain(Kind kind, Operators operators, Level level) {
    Node first = (this->*level)();
    if (!tokens_.is_one_of(operators)) return first;
    Node chain{kind, {}, {}, {}};
    chain.operands.push_back(std::move(first));
    while (tokens_.is_one_of(operators)) {
      chain.operators.push_back(tokens_.take());
      chain.operands.push_back((this->*level)());
    }
    return chain;
  }

  Node parse_any_of() {
    return parse_chain(Kind::any_of, {"or", "OR", "||"}, &ExpressionParser::parse_all_of);
  }
  Node parse_all_of() {
    return parse_chain(Kind::all_of, {"and", "AND", "&&"}, &ExpressionParser::parse_ternary);
  }
  Node parse_ternary() {
    const Depth depth(depth_);
    Node condition = parse_comparison();
    if (!tokens_.is_one_of({"?"})) return condition;
    Node node{Kind::ternary, {}, {}, {}};
    node.operands.push_back(std::move(condition));
    tokens_.take();
    node.operands.push_back(parse_comparison());
    tokens_.expect(":");
    node.operands.push_back(parse_ternary());
    return node;
  }
  Node parse_comparison() {
    return parse_chain(Kind::comparison, {"<", "<=", ">", ">=", "!=", "==", "<>"},
                       &ExpressionParser::parse_negation);
  }
  Node parse_negation() {
    if (!tokens_.is_one_of({"not", "NOT", "!"})) return parse_sum();
    const Depth depth(depth_);
    tokens_.take();
    Node node{Kind::negation, {}, {}, {}};
    node.operands.push_back(parse_negation());
    return node;
  }
  Node parse_sum() {
    return parse_chain(Kind::arithmetic, {"+", "-"}, &ExpressionParser::parse_product);
  }
  Node parse_product() {
    return parse_chain(Kind::arithmetic, {"*", "/"}, &ExpressionParser::parse_sign);
  }
  Node parse_sign() {
    if (!tokens_.is_one_of({"+", "-"})) return parse_power();
    const Depth depth(depth_);
    Node node{Kind::sign, {}, {}, {}};
    node.operators.push_back(tokens_.take());
    node.operands.push_back(parse_sign());
    return node;
  }
  Node parse_power() {
    Node base = parse_operand();
    if (!tokens_.is_one_of({"^"})) return base;
    const Depth depth(depth_);
    tokens_.take();
    Node node{Kind::power, {}, {}, {}};
    node.operands.push_back(std::move(base));
    node.operands.push_back(parse_power());
    return node;
  }
  Node parse_operand() {
    if (tokens_.is_one_of({"("})) return parse_group();
    const TokenKind kind = tokens_.current().kind;
    if (kind == TokenKind::number) return {Kind::number, tokens_.take(), {}, {}};
    if (kind == TokenKind::quoted) return {Kind::text, tokens_.take(), {}, {}};
    if (kind != TokenKind::word) fail_to_parse("a number or a name is missing");
    Node node{Kind::name, tokens_.take(), {}, {}};
    return tokens_.is_one_of({"("}) ? parse_call(std::move(node)) : node;
  }
  Node parse_group() {
    const Depth depth(depth_);
    tokens_.expect("(");
    Node node = parse_any_of();
    tokens_.expect(")");
    return node;
  }
  Node parse_call(Node node) {
    const Depth depth(depth_);
    node.kind = Kind::call;
    tokens_.expect("(");
    node.operands.push_back(parse_any_of());
    while (tokens_.is_one_of({","})) {
      tokens_.take();
      node.operands.push_back(parse_any_of());
    }
    tokens_.expect(")");
    return node;
  }

  Tokens tokens_;
  int depth_ = 0;
};

}  // namespace

Node parse_expression(std::string_view expression) {
  if (expression.size() > kLongestExpression) fail_to_parse("it is too long");
  return ExpressionParser(expression).parse();
}

}  // namespace cinder::scheduler
