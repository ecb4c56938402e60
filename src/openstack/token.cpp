// The payload of a token: a version byte, then fields in a fixed order. Texts are preceded by their
// length; ids of 32 hex digits are packed into 16 bytes, so that tokens stay well below the limits
// of HTTP headers.
#include "openstack/token.hpp"

#include "base/text.hpp"

namespace openstack {
namespace {

constexpr char kVersion = 1;
constexpr size_t kLongestToken = 8192;

constexpr std::string Identity::* kTexts[] = {
    &Identity::user_id,           &Identity::user_name,           &Identity::user_domain_id,
    &Identity::user_domain_name,  &Identity::project_id,          &Identity::project_name,
    &Identity::project_domain_id, &Identity::project_domain_name, &Identity::domain_id,
    &Identity::domain_name,
};

bool is_packable(std::string_view text) {
  if (text.size() != 32) return false;
  for (const char c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  return true;
}

class Writer {
 public:
  void byte(char c) { out_ += c; }
  void number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>((value & 0x7f) | 0x80);
    out_ += static_cast<char>(value);
  }
  // The lowest bit of the length tells a packed id.
  void text(std::string_view text) {
    if (is_packable(text)) {
      number(16 << 1 | 1);
      out_ += *base::from_hex(text);
      return;
    }
    number(text.size() << 1);
    out_ += text;
  }
  void texts(const std::vector<std::string>& items) {
    number(items.size());
    for (const std::string& item : items) text(item);
  }
  void time(base::TimePoint time) {
    number(static_cast<uint64_t>(time.time_since_epoch().count()));
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads what Writer wrote. Past the end, or at nonsense, everything is empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  char byte() {
    if (rest_.empty()) return fail(), '\0';
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  uint64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto next = static_cast<unsigned char>(byte());
      value |= static_cast<uint64_t>(next & 0x7f) << shift;
      if (next < 0x80) return value;
    }
    return fail(), 0;
  }
  std::string text() {
    const uint64_t head = number();
    const uint64_t size = head >> 1;
    if (size > rest_.size()) return fail(), std::string();
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return (head & 1) != 0 ? base::to_hex(bytes) : std::string(bytes);
  }
  std::vector<std::string> texts() {
    const uint64_t count = number();
    std::vector<std::string> items;
    for (uint64_t i = 0; i < count && ok_; ++i) items.push_back(text());
    return items;
  }
  base::TimePoint time() { return base::TimePoint{base::Duration{static_cast<int64_t>(number())}}; }
  bool ok() const { return ok_ && rest_.empty(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool ok_ = true;
};

std::string encode(const TokenData& token) {
  Writer w;
  w.byte(kVersion);
  for (const auto member : kTexts) w.text(token.identity.*member);
  w.byte(token.identity.system ? 1 : 0);
  w.texts(token.identity.roles);
  w.texts(token.identity.role_ids);
  w.texts(token.methods);
  w.texts(token.audit_ids);
  w.time(token.issued_at);
  w.time(token.expires_at);
  w.text(token.trust_id);
  w.text(token.application_credential_id);
  return w.take();
}

std::optional<TokenData> decode_token(std::string_view payload) {
  Reader reader(payload);
  if (reader.byte() != kVersion) return std::nullopt;
  TokenData token;
  for (const auto member : kTexts) token.identity.*member = reader.text();
  token.identity.system = reader.byte() != 0;
  token.identity.roles = reader.texts();
  token.identity.role_ids = reader.texts();
  token.methods = reader.texts();
  token.audit_ids = reader.texts();
  token.issued_at = reader.time();
  token.expires_at = reader.time();
  token.trust_id = reader.text();
  token.application_credential_id = reader.text();
  if (!reader.ok()) return std::nullopt;
  return token;
}

}  // namespace

Tokens::Tokens(std::string key_directory, platform::Runtime runtime,
               std::shared_ptr<Revocations> revocations)
    : keys_(std::move(key_directory)),
      runtime_(std::move(runtime)),
      revocations_(std::move(revocations)) {}

std::string Tokens::issue(const TokenData& token) {
  return keys_.current(runtime_.clock.steady())
      ->seal(encode(token), runtime_.clock.now(), runtime_.random);
}

std::optional<TokenData> Tokens::validate(std::string_view text) {
  if (text.empty() || text.size() > kLongestToken) return std::nullopt;
  const auto payload = keys_.current(runtime_.clock.steady())->open(text);
  if (!payload) return std::nullopt;
  auto token = decode_token(*payload);
  if (!token || token->expires_at <= runtime_.clock.now() || revocations_->revoked(*token))
    return std::nullopt;
  return token;
}

}  // namespace openstack
