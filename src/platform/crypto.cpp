#include "platform/crypto.hpp"

#include <crypt.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"

namespace platform {

namespace {

[[noreturn]] void fail(const char* what) {
  throw base::Error(base::ErrorKind::internal, "A cryptographic operation failed.", what);
}

void check(int result, const char* what) {
  if (result != 1) fail(what);
}

template <class T>
T* checked(T* pointer, const char* what) {
  if (pointer == nullptr) fail(what);
  return pointer;
}

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* octets(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

// Fetching an algorithm by name costs more than using it on a token: each is fetched once and kept
// for the life of the program.
EVP_MD* fetch_digest(const char* name) {
  return checked(EVP_MD_fetch(nullptr, name, nullptr), "EVP_MD_fetch");
}

const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const kept = fetch_digest("SHA256");
  return kept;
}
const EVP_MD* sha512_algorithm() {
  static const EVP_MD* const kept = fetch_digest("SHA512");
  return kept;
}
const EVP_MD* md5_algorithm() {
  static const EVP_MD* const kept = fetch_digest("MD5");
  return kept;
}
const EVP_CIPHER* aes_128_cbc() {
  static const EVP_CIPHER* const kept =
      checked(EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr), "EVP_CIPHER_fetch");
  return kept;
}

// Contexts are reused by their thread; every use begins with an init, which clears them.
EVP_MD_CTX* digest_context() {
  thread_local const DigestContext kept(checked(EVP_MD_CTX_new(), "EVP_MD_CTX_new"));
  return kept.get();
}
EVP_CIPHER_CTX* cipher_context() {
  thread_local const CipherContext kept(checked(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new"));
  return kept.get();
}

MacContext make_hmac_sha256_context() {
  static EVP_MAC* const algorithm =
      checked(EVP_MAC_fetch(nullptr, "HMAC", nullptr), "EVP_MAC_fetch");
  MacContext context(checked(EVP_MAC_CTX_new(algorithm), "EVP_MAC_CTX_new"));
  char name[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  check(EVP_MAC_CTX_set_params(context.get(), parameters), "EVP_MAC_CTX_set_params");
  return context;
}
EVP_MAC_CTX* hmac_sha256_context() {
  thread_local const MacContext kept = make_hmac_sha256_context();
  return kept.get();
}

std::string digest_of(const EVP_MD* algorithm, std::string_view bytes) {
  std::string digest(static_cast<size_t>(EVP_MD_get_size(algorithm)), '\0');
  EVP_MD_CTX* const context = digest_context();
  check(EVP_DigestInit_ex2(context, algorithm, nullptr), "EVP_DigestInit_ex2");
  check(EVP_DigestUpdate(context, bytes.data(), bytes.size()), "EVP_DigestUpdate");
  check(EVP_DigestFinal_ex(context, octets(digest), nullptr), "EVP_DigestFinal_ex");
  return digest;
}

constexpr size_t kKeySize = 32;
constexpr size_t kBlockSize = 16;
constexpr size_t kMacSize = 32;
// Version, time and initialization vector.
constexpr size_t kFernetHead = 1 + 8 + kBlockSize;
constexpr char kFernetVersion = '\x80';

std::string_view signing_key(std::string_view key) { return key.substr(0, kKeySize / 2); }
std::string_view encryption_key(std::string_view key) { return key.substr(kKeySize / 2); }

std::string encrypt(std::string_view key, std::string_view vector, std::string_view text) {
  EVP_CIPHER_CTX* const context = cipher_context();
  std::string encrypted(text.size() + kBlockSize, '\0');
  int head = 0;
  int tail = 0;
  check(EVP_EncryptInit_ex2(context, aes_128_cbc(), octets(key), octets(vector), nullptr),
        "EVP_EncryptInit_ex2");
  check(EVP_EncryptUpdate(context, octets(encrypted), &head, octets(text),
                          static_cast<int>(text.size())),
        "EVP_EncryptUpdate");
  check(EVP_EncryptFinal_ex(context, octets(encrypted) + head, &tail), "EVP_EncryptFinal_ex");
  encrypted.resize(static_cast<size_t>(head + tail));
  return encrypted;
}

// nullopt if the padding is wrong.
std::optional<std::string> decrypt(std::string_view key, std::string_view vector,
                                   std::string_view encrypted) {
  EVP_CIPHER_CTX* const context = cipher_context();
  std::string text(encrypted.size() + kBlockSize, '\0');
  int head = 0;
  int tail = 0;
  check(EVP_DecryptInit_ex2(context, aes_128_cbc(), octets(key), octets(vector), nullptr),
        "EVP_DecryptInit_ex2");
  check(EVP_DecryptUpdate(context, octets(text), &head, octets(encrypted),
                          static_cast<int>(encrypted.size())),
        "EVP_DecryptUpdate");
  if (EVP_DecryptFinal_ex(context, octets(text) + head, &tail) != 1) return std::nullopt;
  text.resize(static_cast<size_t>(head + tail));
  return text;
}

// crypt_data is 32 KiB: too much for a stack.
std::optional<std::string> run_crypt(std::string_view password, const std::string& setting) {
  if (password.find('\0') != std::string_view::npos) return std::nullopt;
  const auto data = std::make_unique<crypt_data>();
  const std::string text(password);
  const char* const hash = crypt_r(text.c_str(), setting.c_str(), data.get());
  if (hash == nullptr || hash[0] == '*') return std::nullopt;
  return std::string(hash);
}

}  // namespace

std::string sha256(std::string_view bytes) { return digest_of(sha256_algorithm(), bytes); }
std::string sha512(std::string_view bytes) { return digest_of(sha512_algorithm(), bytes); }
std::string md5(std::string_view bytes) { return digest_of(md5_algorithm(), bytes); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  // OpenSSL takes a null key for "the same key as before".
  static constexpr unsigned char kEmptyKey[1] = {};
  std::string code(kMacSize, '\0');
  EVP_MAC_CTX* const context = hmac_sha256_context();
  check(EVP_MAC_init(context, key.empty() ? kEmptyKey : octets(key), key.size(), nullptr),
        "EVP_MAC_init");
  check(EVP_MAC_update(context, octets(bytes), bytes.size()), "EVP_MAC_update");
  size_t size = 0;
  check(EVP_MAC_final(context, octets(code), &size, code.size()), "EVP_MAC_final");
  return code;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Digest::State {
  DigestContext context{checked(EVP_MD_CTX_new(), "EVP_MD_CTX_new")};
};

Digest::Digest(const char* algorithm) : state_(std::make_unique<State>()) {
  EVP_MD* const fetched = fetch_digest(algorithm);
  const int result = EVP_DigestInit_ex2(state_->context.get(), fetched, nullptr);
  EVP_MD_free(fetched);  // the context holds its own reference
  check(result, "EVP_DigestInit_ex2");
}

Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;

void Digest::update(std::string_view bytes) {
  check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()), "EVP_DigestUpdate");
}

std::string Digest::finish_hex() {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  check(EVP_DigestFinal_ex(state_->context.get(), octets(digest), &size), "EVP_DigestFinal_ex");
  digest.resize(size);
  return base::to_hex(digest);
}

std::string bcrypt_hash(std::string_view password, int cost, Random& random) {
  const std::string salt = random.bytes(16);
  char setting[CRYPT_GENSALT_OUTPUT_SIZE] = {};
  if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), salt.data(),
                       static_cast<int>(salt.size()), setting, sizeof(setting)) == nullptr)
    fail("crypt_gensalt_rn");
  const auto hash = run_crypt(password, setting);
  if (!hash)
    throw base::Error(base::ErrorKind::bad_request, "The password contains a NUL character.");
  return *hash;
}

bool bcrypt_matches(std::string_view password, const std::string& hash) {
  // Whatever else crypt(3) knows is not asked for: some of it is weak.
  if (!hash.starts_with("$2")) return false;
  const auto again = run_crypt(password, hash);
  return again && equal_in_constant_time(*again, hash);
}

Fernet::Fernet(std::vector<std::string> keys) : keys_(std::move(keys)) {
  if (keys_.empty()) throw base::Error(base::ErrorKind::internal, "There is no Fernet key.");
  for (const std::string& key : keys_)
    if (key.size() != kKeySize)
      throw base::Error(base::ErrorKind::internal, "A Fernet key must have 32 bytes.");
}

std::string Fernet::seal(std::string_view payload, base::TimePoint now, Random& random) const {
  const std::string_view key = keys_.front();
  const auto seconds = static_cast<uint64_t>(
      std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count());
  const std::string vector = random.bytes(kBlockSize);
  std::string token(1, kFernetVersion);
  for (int shift = 56; shift >= 0; shift -= 8)
    token += static_cast<char>(static_cast<unsigned char>(seconds >> shift));
  token += vector;
  token += encrypt(encryption_key(key), vector, payload);
  token += hmac_sha256(signing_key(key), token);
  std::string text = base::to_base64_url(token);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::string> Fernet::open(std::string_view token) const {
  const auto bytes = base::from_base64_url(token);
  if (!bytes || bytes->size() < kFernetHead + kBlockSize + kMacSize) return std::nullopt;
  const std::string_view signed_part = std::string_view(*bytes).substr(0, bytes->size() - kMacSize);
  const std::string_view code = std::string_view(*bytes).substr(signed_part.size());
  const std::string_view encrypted = signed_part.substr(kFernetHead);
  if (signed_part.front() != kFernetVersion || encrypted.size() % kBlockSize != 0)
    return std::nullopt;
  const std::string_view vector = signed_part.substr(9, kBlockSize);
  for (const std::string& key : keys_)
    if (equal_in_constant_time(hmac_sha256(signing_key(key), signed_part), code))
      return decrypt(encryption_key(key), vector, encrypted);
  return std::nullopt;
}

}  // namespace platform
