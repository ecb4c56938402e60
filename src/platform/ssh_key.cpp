#include "platform/ssh_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"

namespace platform {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};

[[noreturn]] void fail(const char* what) {
  throw base::Error(base::ErrorKind::internal, "A key pair could not be made.", what);
}

// RFC 4251 section 5: length, then bytes.
std::string as_string(const std::string& bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  std::string out;
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((size >> shift) & 0xFF);
  return out + bytes;
}

// "mpint": a leading zero keeps it positive.
std::string as_number(EVP_PKEY* key, const char* parameter) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &raw) != 1) fail(parameter);
  const std::unique_ptr<BIGNUM, Free> number(raw);
  std::string bytes(static_cast<size_t>(BN_num_bytes(raw)), '\0');
  BN_bn2bin(raw, reinterpret_cast<unsigned char*>(bytes.data()));
  if (!bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0)
    bytes.insert(0, 1, '\0');
  return as_string(bytes);
}

std::string pem_of(EVP_PKEY* key) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PrivateKey_traditional(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                                   nullptr) != 1)
    fail("PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

}  // namespace

SshKeyPair make_ssh_key_pair() {
  const std::unique_ptr<EVP_PKEY, Free> key(EVP_RSA_gen(2048));
  if (!key) fail("EVP_RSA_gen");
  const std::string blob = as_string("ssh-rsa") + as_number(key.get(), OSSL_PKEY_PARAM_RSA_E) +
                           as_number(key.get(), OSSL_PKEY_PARAM_RSA_N);
  return {pem_of(key.get()), "ssh-rsa " + base::to_base64(blob) + " Generated-by-Nova"};
}

}  // namespace platform
