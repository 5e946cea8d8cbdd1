#include <cstdio>

#include "logging/setup.h"

int main() {
  if (const std::string error = logmill::SetUpLogging(); !error.empty()) return std::fprintf(stderr, "%s\n", error.c_str()), 1;
  logmill::GetLogger("WebsocketRepository")->info("Initialized websocket server");
}
