// Cryptography: OpenSSL 3 and libxcrypt behind plain functions on bytes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "platform/random.hpp"

namespace platform {

[[nodiscard]] std::string sha256(std::string_view bytes);  // 32 raw bytes
[[nodiscard]] std::string sha512(std::string_view bytes);
[[nodiscard]] std::string md5(std::string_view bytes);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);
// Takes the same time wherever the texts differ.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

// A running digest, for streams. `algorithm` is OpenSSL's name: "md5", "sha256", "sha512".
class Digest {
 public:
  explicit Digest(const char* algorithm);
  ~Digest();
  Digest(Digest&&) noexcept;
  void update(std::string_view bytes);
  [[nodiscard]] std::string finish_hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// bcrypt ("$2b$..."). Costs 2^cost: about 0.2 s of CPU at 12; only for the password pool.
[[nodiscard]] std::string bcrypt_hash(std::string_view password, int cost, Random& random);
[[nodiscard]] bool bcrypt_matches(std::string_view password, const std::string& hash);

// Fernet keys (spec: https://github.com/fernet/spec). Keys are 32 raw bytes; the first one signs,
// all verify. Immutable and thread-safe.
class Fernet {
 public:
  explicit Fernet(std::vector<std::string> keys);
  // URL-safe base64 text with padding removed, as Keystone's tokens are.
  [[nodiscard]] std::string seal(std::string_view payload, base::TimePoint now,
                                 Random& random) const;
  // The payload, or nullopt if no key fits or the text is malformed. Age is not checked: a token
  // says itself until when it holds.
  [[nodiscard]] std::optional<std::string> open(std::string_view token) const;

 private:
  std::vector<std::string> keys_;
};

}  // namespace platform
