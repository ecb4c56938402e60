#include <gtest/gtest.h>

#include "base/error.hpp"
#include "platform/http/client.hpp"

namespace platform::http {
namespace {

using namespace std::chrono_literals;

TEST(LocalTransport, calls_the_handler_inline_and_falls_back) {
  LocalTransport inner;
  inner.add("http://b:2", [](Request&) { return Response{201, {}, "b", nullptr}; });
  LocalTransport transport(&inner);
  transport.add("http://a:1/", [](Request& request) {
    return Response{200, {}, request.path + request.peer_address, nullptr};
  });
  Request request;
  request.path = "/x";

  EXPECT_EQ(transport.send("http://a:1", request, 1s).body, "/x127.0.0.1");
  EXPECT_EQ(transport.send("http://b:2", request, 1s).status, 201);
  EXPECT_THROW(static_cast<void>(transport.send("http://c:3", request, 1s)), base::Error);
}

}  // namespace
}  // namespace platform::http
