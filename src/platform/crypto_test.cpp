#include "platform/crypto.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "base/error.hpp"
#include "base/text.hpp"

namespace platform {
namespace {

// Gives the bytes it was made with.
class FixedRandom : public Random {
 public:
  explicit FixedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string bytes(size_t count) override { return bytes_.substr(0, count); }

 private:
  std::string bytes_;
};

// The vectors of https://github.com/fernet/spec.
const std::string kSpecKey =
    base::from_base64_url("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=").value();
constexpr std::string_view kSpecToken =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64j"
    "VmpU4IwqDA==";
constexpr base::TimePoint kSpecTime{std::chrono::seconds{499162800}};

TEST(Digests, equal_known_values) {
  EXPECT_EQ(base::to_hex(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(base::to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(base::to_hex(sha512("abc")).substr(0, 32), "ddaf35a193617abacc417349ae204131");
  // RFC 4231, test case 2.
  EXPECT_EQ(base::to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(base::to_hex(hmac_sha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digests, are_the_same_in_pieces) {
  Digest digest("sha512");
  digest.update("a");
  digest.update("");
  digest.update("bc");

  EXPECT_EQ(digest.finish_hex(), base::to_hex(sha512("abc")));
  EXPECT_THROW(Digest("no such algorithm"), base::Error);
}

TEST(ConstantTime, compares_length_and_content) {
  EXPECT_TRUE(equal_in_constant_time("same", "same"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_FALSE(equal_in_constant_time("same", "sama"));
  EXPECT_FALSE(equal_in_constant_time("same", "same "));
}

TEST(Fernet, seals_as_the_specification_does) {
  std::string vector;
  for (char i = 0; i < 16; ++i) vector += i;
  FixedRandom random(vector);

  const std::string token = Fernet({kSpecKey}).seal("hello", kSpecTime, random);

  EXPECT_EQ(token + "==", kSpecToken);
}

TEST(Fernet, opens_the_token_of_the_specification_with_and_without_padding) {
  const Fernet fernet({kSpecKey});

  EXPECT_EQ(fernet.open(kSpecToken), "hello");
  EXPECT_EQ(fernet.open(kSpecToken.substr(0, kSpecToken.size() - 2)), "hello");
}

TEST(Fernet, refuses_the_invalid_tokens_of_the_specification) {
  const Fernet fernet({kSpecKey});
  for (const std::string_view token :
       {// incorrect mac
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1Ydyk"
        "QUFBQUFBQUFBQQ==",
        // too short
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==",
        // invalid base64
        "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykR"
        "tfsH-p1YsUD2Q==",
        // payload size not multiple of block size
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7m"
        "rfyudzUm",
        // payload padding error
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNY"
        "IbkuKNqOhw==",
        ""}) {
    EXPECT_FALSE(fernet.open(token)) << token;
  }
}

TEST(Fernet, refuses_a_token_with_any_changed_byte) {
  const Fernet fernet({kSpecKey});
  const std::string bytes = base::from_base64_url(kSpecToken).value();
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(fernet.open(base::to_base64_url(changed))) << i;
  }
}

TEST(Fernet, opens_what_an_older_key_sealed) {
  const std::string newer(32, 'n');
  const std::string token = Fernet({kSpecKey}).seal("payload", kSpecTime, system_random());

  EXPECT_EQ(Fernet({newer, kSpecKey}).open(token), "payload");
  EXPECT_FALSE(Fernet({newer}).open(token));
  EXPECT_THROW(Fernet({"short"}), base::Error);
}

TEST(Fernet, opens_a_token_in_microseconds) {
  const Fernet fernet({kSpecKey});
  const std::string token = fernet.seal(std::string(120, 'x'), kSpecTime, system_random());
  constexpr int kRounds = 20'000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) ASSERT_TRUE(fernet.open(token));
  const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;

  RecordProperty("microseconds", std::to_string(taken.count() / kRounds));
  // Far above what it takes, for builds with sanitizers on a busy machine.
  EXPECT_LT(taken.count() / kRounds, 200);
}

TEST(Bcrypt, matches_known_hashes) {
  // From the test vectors of OpenBSD and of Python's bcrypt.
  EXPECT_TRUE(
      bcrypt_matches("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
  EXPECT_TRUE(bcrypt_matches("Kk4DQuMMfZL9o",
                             "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"));
  EXPECT_FALSE(bcrypt_matches("Kk4DQuMMfZL9p",
                              "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"));
}

TEST(Bcrypt, matches_its_own_hash_and_salts_it) {
  const std::string hash = bcrypt_hash("secret", 4, system_random());

  EXPECT_TRUE(hash.starts_with("$2b$04$"));
  EXPECT_TRUE(bcrypt_matches("secret", hash));
  EXPECT_FALSE(bcrypt_matches("Secret", hash));
  EXPECT_NE(hash, bcrypt_hash("secret", 4, system_random()));
}

TEST(Bcrypt, matches_nothing_with_what_is_no_bcrypt_hash) {
  EXPECT_FALSE(bcrypt_matches("", ""));
  EXPECT_FALSE(bcrypt_matches("x", "*0"));
  EXPECT_FALSE(bcrypt_matches("x", "$2b$04$short"));
  EXPECT_FALSE(bcrypt_matches("password", "rEK1ecacw.7.c"));
  const std::string with_nul("a\0b", 3);
  EXPECT_FALSE(bcrypt_matches(with_nul, bcrypt_hash("a", 4, system_random())));
}

}  // namespace
}  // namespace platform
