#include "platform/current_request.hpp"

#include <utility>

namespace platform {
namespace {

CurrentRequest& of_this_thread() {
  thread_local CurrentRequest request;
  return request;
}

}  // namespace

const CurrentRequest& current_request() { return of_this_thread(); }

RequestScope::RequestScope(CurrentRequest request)
    : former_(std::exchange(of_this_thread(), std::move(request))) {}

RequestScope::~RequestScope() { of_this_thread() = std::move(former_); }

}  // namespace platform
