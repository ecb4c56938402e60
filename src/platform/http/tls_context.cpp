#include "platform/http/tls_context.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/stat.h>

#include "base/error.hpp"

namespace platform::http {
namespace {

// The first thing that went wrong; the queue is empty afterwards.
std::string tls_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown reason";
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

void check_tls_option(int result, const char* option, const std::string& value) {
  if (result == 1) return;
  throw base::Error(base::ErrorKind::bad_request,
                    fmt::format("[ssl] {}: {} can not be used: {}", option, value, tls_reason()));
}

// A key with a passphrase is refused instead of asking at a terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

}  // namespace

TlsContext make_tls_context(const TlsServerOptions& options) {
  ERR_clear_error();
  TlsContext made(SSL_CTX_new(TLS_server_method()));
  if (!made) throw base::Error(base::ErrorKind::internal, "TLS can not be used.", tls_reason());
  SSL_CTX* const context = made.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  check_tls_option(SSL_CTX_set_cipher_list(context, options.ciphers.c_str()), "ciphers",
                   options.ciphers);
  check_tls_option(SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()),
                   "cert_file", options.certificate_file);
  check_tls_option(SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM),
                   "key_file", options.key_file);
  check_tls_option(SSL_CTX_check_private_key(context), "key_file", options.key_file);
  constexpr unsigned char kSessions[] = "nephele";
  SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1);
  if (options.client_ca_file.empty()) return made;
  const char* const authorities = options.client_ca_file.c_str();
  check_tls_option(SSL_CTX_load_verify_locations(context, authorities, nullptr), "ca_file",
                   options.client_ca_file);
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(authorities));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return made;
}

std::string stamp_of_files(const TlsServerOptions& options) {
  std::string stamp;
  for (const std::string& file :
       {options.certificate_file, options.key_file, options.client_ca_file}) {
    struct stat status{};
    if (!file.empty() && ::stat(file.c_str(), &status) == 0)
      stamp += fmt::format("{}:{}:{}.{}:{};", status.st_dev, status.st_ino, status.st_mtim.tv_sec,
                           status.st_mtim.tv_nsec, status.st_size);
  }
  return stamp;
}

}  // namespace platform::http
