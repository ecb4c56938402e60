// What a TLS server shows of itself, as it is on disk now.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "platform/http/tls_server.hpp"

namespace platform::http {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

// Throws base::Error(bad_request) that names the option and says why.
[[nodiscard]] TlsContext make_tls_context(const TlsServerOptions& options);

// Which files these are: another text after one of them was replaced or written again.
[[nodiscard]] std::string stamp_of_files(const TlsServerOptions& options);

}  // namespace platform::http
