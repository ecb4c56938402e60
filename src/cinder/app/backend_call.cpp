#include "cinder/app/backend_call.hpp"

namespace cinder::app {

using base::Error;
using base::ErrorKind;

void refuse_without_backend(const std::string& backend, const Error& error) {
  if (error.kind() != ErrorKind::unavailable && error.kind() != ErrorKind::timeout) throw error;
  throw Error(ErrorKind::unavailable,
              "The back end of the volume can not be reached now. Try again later.",
              backend + ": " + error.what());
}

}  // namespace cinder::app
