#include "base/described.hpp"

namespace base::detail {

void refuse_json(const char* expected) {
  throw Error(ErrorKind::bad_request, "The message has the wrong shape.",
              std::string("expected ") + expected);
}

}  // namespace base::detail
